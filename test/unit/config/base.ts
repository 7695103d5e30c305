/** A configuration that is accepted; tests change one thing of it. A function, so that no test sees another's change. */
export const base = () => ({
  services: { orders: { audiences: ['https://orders.example.org'], peps: ['gateway'] } } as Record<string, unknown>,
  peps: { gateway: { bearer: 'file:gateway.key' } } as Record<string, Record<string, unknown>>,
  trust: [{ issuer: 'https://login.example.org' }] as Record<string, unknown>[],
  bundles: { orders: { file: 'orders.tar.gz', unsigned: true } } as Record<string, unknown>,
})

export type Base = ReturnType<typeof base> & Record<string, unknown>

/** TLS as the configuration names it. */
export const tls = { cert: 'file:tls.pem', key: 'file:tls.key', client_ca: 'file:ca.pem' }
