const names = [
  'method url body raw_body headers timeout raise_error enable_redirect force_json_decode force_yaml_decode',
  'max_retry_attempts cache caching_mode force_cache force_cache_duration_seconds cache_ignored_headers',
  'tls_use_system_certs tls_ca_cert tls_ca_cert_file tls_ca_cert_env_variable tls_insecure_skip_verify',
  'tls_client_cert tls_client_cert_file tls_client_cert_env_variable tls_server_name',
  'tls_client_key tls_client_key_file tls_client_key_env_variable',
]

/** The members that OPA allows in a request for `http.send`; others are refused. */
export const requestMembers: ReadonlySet<string> = new Set(names.join(' ').split(' '))
