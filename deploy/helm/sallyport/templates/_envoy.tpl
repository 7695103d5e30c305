{{- /* envoy.yaml: deploy/envoy/envoy.yaml, which has the reasons, with TLS towards the callers. */ -}}
{{- define "sallyport.envoy" -}}
admin:
  address: { socket_address: { address: 127.0.0.1, port_value: 9901 } }
static_resources:
  listeners:
    - name: ingress
      address: { socket_address: { address: 0.0.0.0, port_value: {{ .Values.envoy.port }} } }
      filter_chains:
        - {{- if eq .Values.envoy.tls.mode "secret" }}
          transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              # a certificate that is shown must be good; whether one is needed is for policy to say
              require_client_certificate: false
              common_tls_context:
                alpn_protocols: [h2, http/1.1]
                tls_params: { tls_minimum_protocol_version: TLSv1_2 }
                # watched as a folder, which a rotated secret replaces
                tls_certificates:
                  - certificate_chain: { filename: /etc/envoy/tls/tls.crt }
                    private_key: { filename: /etc/envoy/tls/tls.key }
                    watched_directory: { path: /etc/envoy/tls }
                {{- if .Values.envoy.tls.clientCa }}
                validation_context:
                  trusted_ca: { filename: /etc/envoy/tls/ca.crt }
                  watched_directory: { path: /etc/envoy/tls }
                {{- end }}
          {{- end }}
          filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ingress
                normalize_path: true
                merge_slashes: true
                path_with_escaped_slashes_action: REJECT_REQUEST
                forward_client_cert_details: SANITIZE
                use_remote_address: true
                common_http_protocol_options:
                  headers_with_underscores_action: REJECT_REQUEST
                  max_headers_count: 100
                max_request_headers_kb: 60
                stream_idle_timeout: 60s
                request_headers_timeout: 10s
                http_filters:
                  - name: envoy.filters.http.header_mutation
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                      mutations: {{ include "sallyport.stripped" . | nindent 24 }}
                  - name: envoy.filters.http.ext_authz
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
                      transport_api_version: V3
                      grpc_service:
                        envoy_grpc: { cluster_name: sallyport }
                        timeout: {{ include "sallyport.askTimeout" . }}
                      failure_mode_allow: false
                      status_on_error: { code: ServiceUnavailable }
                      include_peer_certificate: true
                      encode_raw_headers: true
                      validate_mutations: true
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                route_config:
                  name: local
                  virtual_hosts:
                    - name: workload
                      domains: ["*"]
                      routes:
                        - match: { prefix: / }
                          route: { cluster: workload, timeout: 15s }
                          typed_per_filter_config:
                            envoy.filters.http.ext_authz:
                              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute
                              check_settings:
                                context_extensions:
                                  service: {{ include "sallyport.guarded" . }}
  clusters:
    - name: workload
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: workload
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{ .Values.envoy.workload.port }} } } }
    - name: sallyport
      type: STATIC
      connect_timeout: 0.5s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config:
            http2_protocol_options: {}
      health_checks:
        - timeout: 1s
          interval: 1s
          no_traffic_interval: 1s
          unhealthy_threshold: 1
          healthy_threshold: 1
          grpc_health_check: { service_name: envoy.service.auth.v3.Authorization }
      load_assignment:
        cluster_name: sallyport
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { pipe: { path: /run/sallyport/ext-authz.sock } } }
{{- end }}

{{- /* Identity headers of the client go before anything reads them, also where nobody is asked. */ -}}
{{- define "sallyport.stripped" -}}
request_mutations:
  {{- range list "subject" "issuer" "methods" "assurance" "decision-id" }}
  - remove: x-sallyport-{{ . }}
  {{- end }}
{{- end }}

{{- /* Longer than Sallyport's own deadline, so that it answers first. */ -}}
{{- define "sallyport.askTimeout" -}}
{{- printf "%.1fs" (addf (divf (dig "limits" "deadline_ms" 1000 .Values.config | int) 1000) 1.0) }}
{{- end }}
