/** Builtins of OPA that no policy may use here, and why: the sentence that refuses a bundle when it is loaded. */
export const refusedBuiltins: ReadonlyMap<string, string> = new Map([
  [
    'http.send',
    'the policy calls http.send, but a decision makes no network calls; fetch the document beforehand and ship it as data of the bundle',
  ],
  [
    'net.lookup_ip_addr',
    'the policy calls net.lookup_ip_addr, but a decision makes no network calls; pass the addresses in the input or ship them as data of the bundle',
  ],
  [
    'rego.parse_module',
    "the policy calls rego.parse_module, but OPA's parser is not part of the decision path; parse the module where the bundle is built and ship the result as data",
  ],
])
