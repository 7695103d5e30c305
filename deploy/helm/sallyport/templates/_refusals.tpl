{{- /* What would start and not be safe, or not start. Each names what to change. */ -}}
{{- define "sallyport.refusals" -}}
{{- $values := .Values -}}
{{- $config := .Values.config -}}
{{- $isService := eq .Values.mode "service" -}}
{{- if and (not $config.fleet) (or .Values.autoscaling.enabled (gt (int .Values.replicas) 1)) -}}
{{- fail "replicas: several instances need config.fleet: without Redis one would accept the proof, and the revoked caller, that another refuses" -}}
{{- end -}}
{{- if and $config.fleet (eq (dig "fleet" "tls" "" $config | toString) "off") (not (eq .Values.tls.mode "mesh")) -}}
{{- fail "config.fleet.tls: `off` is for a mesh alone (tls.mode: mesh): let Redis serve TLS" -}}
{{- end -}}
{{- if and $isService (eq .Values.tls.mode "secret") (not .Values.tls.secret) -}}
{{- fail "tls.secret: name a secret of type kubernetes.io/tls: enforcement points are not answered in the clear" -}}
{{- end -}}
{{- if and $isService .Values.networkPolicy.enabled (not .Values.networkPolicy.clients) -}}
{{- fail "networkPolicy.clients: name who may ask; nobody could" -}}
{{- end -}}
{{- if and (not (and $isService .Values.state.persistent)) (not (dig "audit" "sinks" dict $config)) (not .Values.state.mayBeLost) -}}
{{- fail "state: the log would end with the pod: ship it (config.audit.sinks), keep it (state.persistent of a service), or say state.mayBeLost" -}}
{{- end -}}
{{- range $name, $pep := $config.peps -}}
{{- if and $isService $pep.none -}}
{{- fail (printf "config.peps.%s: `none` would let every pod ask: let it authenticate" $name) -}}
{{- end -}}
{{- if and $pep.failure_mode_allow (or $values.envoy.enabled $values.istio.enabled) -}}
{{- fail (printf "config.peps.%s.failure_mode_allow: must be false: the proxies of this chart fail closed" $name) -}}
{{- end -}}
{{- end -}}
{{- if .Values.envoy.enabled -}}
{{- if $isService -}}
{{- fail "envoy.enabled: is for mode: sidecar" -}}
{{- end -}}
{{- if and (not .Values.envoy.service) (gt (len (keys $config.services)) 1) -}}
{{- fail "envoy.service: name which of config.services is beside it" -}}
{{- end -}}
{{- if not (hasKey $config.services (include "sallyport.guarded" .)) -}}
{{- fail (printf "envoy.service: `%s` is no service of config.services" .Values.envoy.service) -}}
{{- end -}}
{{- if and (eq .Values.envoy.tls.mode "secret") (not .Values.envoy.tls.secret) -}}
{{- fail "envoy.tls.secret: name a secret of type kubernetes.io/tls: callers send their credentials over it" -}}
{{- end -}}
{{- end -}}
{{- if .Values.istio.enabled -}}
{{- if not $isService -}}
{{- fail "istio.enabled: is for mode: service; beside a workload Envoy is this chart's own (envoy.enabled)" -}}
{{- end -}}
{{- if gt (len (keys $config.services)) 1 -}}
{{- fail "config.services: Istio does not say for which service it asks: install a release for each" -}}
{{- end -}}
{{- if eq .Values.tls.mode "mesh" -}}
{{- fail "istio.enabled: needs tls.mode `spiffe` or `secret`: Istio asks without a key, so its proxies are known by their certificates, which `mesh` hides" -}}
{{- end -}}
{{- if not .Values.istio.workloads -}}
{{- fail "istio.workloads: name those that are guarded; none would be" -}}
{{- end -}}
{{- end -}}
{{- end }}
