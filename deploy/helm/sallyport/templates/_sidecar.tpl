{{- /*
For your own chart, which has this one as a dependency: containers that start before the workload and end after it, for
`initContainers` of its pods; their volumes; and annotations that start the pods anew where the configuration changed.

  annotations: {{ include "sallyport.sidecar.annotations" .Subcharts.sallyport | nindent 8 }}
  initContainers: {{ include "sallyport.sidecar.containers" .Subcharts.sallyport | nindent 8 }}
  volumes: {{ include "sallyport.sidecar.volumes" .Subcharts.sallyport | nindent 8 }}
*/ -}}
{{- define "sallyport.sidecar.containers" -}}
- restartPolicy: Always
  {{- include "sallyport.container" . | nindent 2 }}
{{- if .Values.envoy.enabled }}
- restartPolicy: Always
  name: envoy
  image: {{ include "sallyport.image" (list .Values.envoy.image "") }}
  args: [--config-path, /etc/envoy/envoy.yaml, --disable-hot-restart, --drain-time-s, {{ include "sallyport.gracePeriod" . | quote }}]
  ports:
    - { name: envoy, containerPort: {{ .Values.envoy.port }} }
  startupProbe: { tcpSocket: { port: envoy }, periodSeconds: 1, failureThreshold: 60 }
  resources: {{ toYaml .Values.envoy.resources | nindent 4 }}
  # a user that cannot read the keys and the log beside it, of the group that may use the socket
  securityContext: {{ include "sallyport.containerSecurity" . | nindent 4 }}
    runAsUser: 65533
  volumeMounts:
    - { name: envoy-config, mountPath: /etc/envoy/envoy.yaml, subPath: envoy.yaml, readOnly: true }
    - { name: sallyport-run, mountPath: /run/sallyport, readOnly: true }
    {{- if eq .Values.envoy.tls.mode "secret" }}
    - { name: envoy-tls, mountPath: /etc/envoy/tls, readOnly: true }
    {{- end }}
{{- end }}
{{- end }}

{{- define "sallyport.sidecar.volumes" -}}
{{ include "sallyport.volumes" . }}
{{- if .Values.envoy.enabled }}
- name: envoy-config
  configMap: { name: {{ include "sallyport.name" . }}-envoy }
{{- if eq .Values.envoy.tls.mode "secret" }}
- name: envoy-tls
  secret: { secretName: {{ .Values.envoy.tls.secret }}, defaultMode: 0440 }
{{- end }}
{{- end }}
{{- end }}

{{- define "sallyport.sidecar.annotations" -}}
checksum/sallyport: {{ include "sallyport.config" . | sha256sum }}
{{- if .Values.envoy.enabled }}
checksum/envoy: {{ include "sallyport.envoy" . | sha256sum }}
{{- end }}
{{- end }}

{{- /* Of the pod: volumes belong to the group of both. */ -}}
{{- define "sallyport.podSecurity" -}}
runAsNonRoot: true
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}
