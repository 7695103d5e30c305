{{- /* The container, in a StatefulSet of its own and as a sidecar. */ -}}
{{- define "sallyport.container" -}}
name: sallyport
image: {{ include "sallyport.image" (list .Values.image .Chart.AppVersion) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [start, --config, /etc/sallyport/sallyport.yaml]
{{- with .Values.env }}
env:
  {{- range . }}
  - name: {{ .name }}
    {{- if .secret }}
    valueFrom: { secretKeyRef: { name: {{ .secret }}, key: {{ .key }} } }
    {{- else }}
    value: {{ .value | quote }}
    {{- end }}
  {{- end }}
{{- end }}
ports:
  - { name: sallyport-hlth, containerPort: 7071 }
  {{- if eq .Values.mode "service" }}
  {{- if .Values.listeners.decisions }}
  - { name: decisions, containerPort: 7070 }
  {{- end }}
  {{- if eq (include "sallyport.extAuthz" .) "true" }}
  - { name: ext-authz, containerPort: 9191 }
  {{- end }}
  {{- end }}
# it started; it is alive, whatever is downstream; it has policies, keys and a log, and is not stopping
startupProbe: { httpGet: { path: /livez, port: sallyport-hlth }, periodSeconds: 1, failureThreshold: 60 }
livenessProbe: { httpGet: { path: /livez, port: sallyport-hlth }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }
readinessProbe: { httpGet: { path: /readyz, port: sallyport-hlth }, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 1 }
resources: {{ toYaml .Values.resources | nindent 2 }}
securityContext: {{ include "sallyport.containerSecurity" . | nindent 2 }}
  runAsUser: 65532
volumeMounts:
  - { name: sallyport-config, mountPath: /etc/sallyport/sallyport.yaml, subPath: sallyport.yaml, readOnly: true }
  - { name: sallyport-state, mountPath: /var/lib/sallyport }
  {{- if eq .Values.mode "sidecar" }}
  - { name: sallyport-run, mountPath: /run/sallyport }
  {{- end }}
  {{- if and (eq .Values.mode "service") (eq .Values.tls.mode "secret") }}
  - { name: sallyport-tls, mountPath: /etc/sallyport/tls, readOnly: true }
  {{- end }}
  {{- if eq (include "sallyport.spiffe" .) "true" }}
  - { name: sallyport-spire, mountPath: /run/spire, readOnly: true }
  {{- end }}
  {{- range .Values.mounts }}
  - { name: sallyport-{{ .name }}, mountPath: /etc/sallyport/{{ .name }}, readOnly: true }
  {{- end }}
{{- end }}

{{- define "sallyport.containerSecurity" -}}
runAsNonRoot: true
runAsGroup: 65532
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* Its volumes, but for the state of a StatefulSet. */ -}}
{{- define "sallyport.volumes" -}}
- name: sallyport-config
  configMap: { name: {{ include "sallyport.name" . }} }
{{- if not (and (eq .Values.mode "service") .Values.state.persistent) }}
- name: sallyport-state
  emptyDir: { sizeLimit: {{ .Values.state.size }} }
{{- end }}
{{- if eq .Values.mode "sidecar" }}
- name: sallyport-run
  emptyDir: { medium: Memory, sizeLimit: 1Mi }
{{- end }}
{{- if and (eq .Values.mode "service") (eq .Values.tls.mode "secret") }}
- name: sallyport-tls
  secret: { secretName: {{ .Values.tls.secret }}, defaultMode: 0440 }
{{- end }}
{{- if eq (include "sallyport.spiffe" .) "true" }}
- name: sallyport-spire
  csi: { driver: {{ .Values.spiffe.driver }}, readOnly: true }
{{- end }}
{{- range .Values.mounts }}
- name: sallyport-{{ .name }}
  {{- if .secret }}
  secret: { secretName: {{ .secret }}, defaultMode: 0440 }
  {{- else }}
  configMap: { name: {{ .configMap }} }
  {{- end }}
{{- end }}
{{- end }}
