{{- /* sallyport.yaml: what was given, and what the chart sets: where it listens, what it writes to, what it shows. */ -}}
{{- define "sallyport.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $isService := eq .Values.mode "service" -}}
{{- $listen := dict "health" "0.0.0.0:7071" "decisions" (ternary "0.0.0.0:7070" "127.0.0.1:7070" (and $isService .Values.listeners.decisions)) -}}
{{- if eq (include "sallyport.extAuthz" .) "true" -}}
{{- $_ := set $listen "ext_authz" (ternary "0.0.0.0:9191" "unix:/run/sallyport/ext-authz.sock" $isService) -}}
{{- end -}}
{{- if not $isService -}}
{{- /* Envoy's user is another one, of the same group */ -}}
{{- $_ := set $listen "socket_mode" "0660" -}}
{{- end -}}
{{- $_ := set $config "listen" $listen -}}
{{- $_ := set $config "state" "/var/lib/sallyport/state" -}}
{{- if $isService -}}
{{- $_ := set $config "tls" (include "sallyport.tls" . | fromYaml).tls -}}
{{- end -}}
{{- $limits := get $config "limits" | default dict -}}
{{- if not (hasKey $limits "drain_ms") -}}
{{- $_ := set $limits "drain_ms" (include "sallyport.drain" . | int) -}}
{{- end -}}
{{- $_ := set $config "limits" $limits -}}
{{- toYaml $config }}
{{- end }}

{{- define "sallyport.extAuthz" -}}
{{- or .Values.listeners.extAuthz (and (eq .Values.mode "sidecar") .Values.envoy.enabled) (and (eq .Values.mode "service") .Values.istio.enabled) }}
{{- end }}

{{- define "sallyport.tls" -}}
{{- if eq .Values.tls.mode "secret" -}}
tls:
  cert: file:tls/tls.crt
  key: file:tls/tls.key
  {{- if .Values.tls.clientCa }}
  client_ca: file:tls/ca.crt
  {{- end }}
{{- else if eq .Values.tls.mode "spiffe" -}}
tls:
  spiffe: unix:/run/spire/{{ .Values.spiffe.socket }}
{{- else -}}
tls: "off" # mTLS of the mesh, which this chart makes STRICT
{{- end }}
{{- end }}

{{- /* How long it is still asked after the signal to stop: until endpoints and proxies have noticed. */ -}}
{{- define "sallyport.drain" -}}
{{- dig "limits" "drain_ms" 5000 .Values.config | int }}
{{- end }}

{{- /* Draining, then what is on its way, then the last checkpoint of the log. */ -}}
{{- define "sallyport.gracePeriod" -}}
{{- add (divf (include "sallyport.drain" . | int) 1000 | ceil | int) (dig "limits" "grace_s" 10 .Values.config | int) 5 }}
{{- end }}

{{- define "sallyport.spiffe" -}}
{{- or .Values.spiffe.enabled (and (eq .Values.mode "service") (eq .Values.tls.mode "spiffe")) }}
{{- end }}

{{- define "sallyport.guarded" -}}
{{- .Values.envoy.service | default (keys .Values.config.services | sortAlpha | first) }}
{{- end }}
