import type { Presented, Topic } from './contender.ts'

/** The content that every contender is sent, in the form of `POST /authorize`. */
export function questionOf(topic: Topic, { authorization, proof }: Presented) {
  if (topic === 'catalog') {
    return { action: { name: 'read' }, resource: { type: 'item', id: '7' }, context: { roles: ['clerk'] } }
  }
  const headers = {
    accept: 'application/json',
    ...(authorization !== undefined && { authorization }),
    ...(proof !== undefined && { dpop: proof }),
  }
  return {
    request: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers },
    action: { name: 'read' },
    resource: { type: 'order', id: '42' },
  }
}
