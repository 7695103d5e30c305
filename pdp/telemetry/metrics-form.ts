import { openMetricsContentType } from './open-metrics.ts'

/** `text`: of Prometheus. `openmetrics`: the same metrics, and examples of traces. */
export type MetricsForm = 'text' | 'openmetrics'

export const metricsContentTypes: Readonly<Record<MetricsForm, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: openMetricsContentType,
}

/** The form that somebody asks for (RFC 9110 §12.5.1): OpenMetrics where it is named and not liked less than plain text. */
export function metricsFormOf(accept: string | undefined): MetricsForm {
  const open = qualityOf(accept, 'application/openmetrics-text')
  return open > 0 && open >= qualityOf(accept, 'text/plain') ? 'openmetrics' : 'text'
}

/** The greatest quality that a media type is named with; 0 where it is not named. */
function qualityOf(accept = '', type: string): number {
  const ranges = accept
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()))
    .filter(([name]) => name === type)
  return Math.max(0, ...ranges.map((parts) => weightOf(parts.find((part) => part.startsWith('q=')))))
}

function weightOf(parameter: string | undefined): number {
  if (parameter === undefined) return 1
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(parameter) ? Number(parameter.slice(2)) : 0
}
