// The part of the WebAssembly API that only the policy host uses; the rest is declared beside the Rego toolchain.
declare namespace WebAssembly {
  class Global {
    readonly value: unknown
  }
}
