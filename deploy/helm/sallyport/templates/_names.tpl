{{- /* With room for what is put behind it: 63 characters are all that a name may have. */ -}}
{{- define "sallyport.name" -}}
{{- contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "sallyport.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sallyport.labels" -}}
{{ include "sallyport.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "sallyport.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "sallyport.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- /* An image of values: by digest where there is one. The list is the image and the tag that stands for an absent one. */ -}}
{{- define "sallyport.image" -}}
{{- $image := index . 0 -}}
{{- if $image.digest }}{{ printf "%s@%s" $image.repository $image.digest }}{{ else }}{{ printf "%s:%s" $image.repository ($image.tag | default (index . 1)) }}{{ end }}
{{- end }}
