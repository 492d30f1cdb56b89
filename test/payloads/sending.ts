// A message of ours that the provider knows under a given id, so that a sample status is about it.
import type { Json } from './graph-api.ts'
import type { Scene } from './scene.ts'

export type Sent = 'text' | 'marketing' | 'utility'

export const ADA = '12025550123'
export const TEMPLATE = { kind: 'template', name: 'winter_sale', language: 'en_US' }

/** What the API is asked for. Marketing opens a marketing session, as a campaign does. */
export function wishFor(sent: Sent, phone: string): Json {
  const address = { number: 'main', to: { phone } }
  if (sent === 'text') return { ...address, text: 'It is on its way.' }
  return { ...address, content: TEMPLATE, purpose: sent, ...(sent === 'marketing' ? { marketing: true } : {}) }
}

/** Sends through the product, and the provider gives it this id. Gives the message as the API shows it. */
export async function send(scene: Scene, sent: Sent, phone: string, providerId: string): Promise<Json> {
  scene.graph.nextIds.push(providerId)
  const { status, body } = await scene.call('POST', '/api/v1/messages', wishFor(sent, phone))
  if (status !== 202) throw new Error(`the send was answered ${status}: ${JSON.stringify(body)}`)
  await scene.settle()
  return body
}

/** The message as it is now. */
export async function messageOf(scene: Scene, { id, conversationId }: Json): Promise<Json | undefined> {
  return (await scene.messages({ id: conversationId })).find((message) => message['id'] === id)
}

/** What the gate knows of a template; undefined: nothing. */
export function templateStatus(scene: Scene, numberId: string, { name, language }: { name: string; language: string }): string | undefined {
  return scene.baton.settings().templates.get(numberId)?.get(`${name}/${language}`)?.status
}
