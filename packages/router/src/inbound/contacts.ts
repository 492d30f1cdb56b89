// Finds the conversation of each contact, and makes it when there is none. Works inside the caller's transaction; what it learns
// is remembered only when that was committed.
// R1: a user id names a person, a phone number names whoever has it now: a number whose conversation belongs to another user id
// was given to somebody new, and moves. R2: two conversations of one person become one: the one with an open service session
// wins, else the older; the other's names lead to it, and it is told. R3: a number that a person gave up is forgotten, also when the
// new one is not said, and by both when they become one. R4: what was taken in before changes no names: they may have changed since. R5: a conversation that was merged is
// never merged again, nor into: its names lead to where it went.
import type { Transaction } from 'kysely'
import { formatId, newUuid, slotOf } from '../contract/ids.ts'
import type { ActorRef } from '../contract/actor.ts'
import type { Identity } from '../contract/message.ts'
import { OPEN_SERVICE_STATUSES } from '../contract/owner.ts'
import {
  aliasText,
  createActors,
  deleteActors,
  deleteAlias,
  deletePhonesBut,
  findAliases,
  findWinners,
  hasUserAlias,
  linkAliases,
  lockActors,
  moveAlias,
  moveAliases,
  queueUp,
} from '../store/contacts.ts'
import type { AliasName, LockedActor, NewActor } from '../store/contacts.ts'
import type { Tables } from '../store/tables.ts'
import type { AliasCache } from './alias-cache.ts'
import { InboundError } from './errors.ts'

export interface Contact {
  numberId: string
  identity: Identity
  /** Names it had before. */
  previous?: Identity
}

export interface Resolved {
  /** One a contact, in order; null: taken in before, under names that lead elsewhere now, or nowhere. */
  actors: (ActorRef | null)[]
  /** Conversations that were merged into another in this transaction: each has to be told. */
  merged: Merged[]
  /** What to remember, and (null) to forget, after the commit. */
  learnt: Map<string, ActorRef | null>
}

/** `contact`: whose names made them one. */
export interface Merged {
  loser: ActorRef
  winner: ActorRef
  contact: Contact
}

interface Work {
  trx: Transaction<Tables>
  now: number
  known: Map<string, ActorRef>
  merged: Resolved['merged']
  learnt: Resolved['learnt']
}

/** `news`: which of the contacts come with something that was not taken in before, in order; asked only when a name may change. */
export async function resolveContacts(
  trx: Transaction<Tables>,
  contacts: Contact[],
  cache: AliasCache,
  now: number,
  news: () => Promise<boolean[]>,
): Promise<Resolved> {
  const work: Work = { trx, now, known: new Map(), merged: [], learnt: new Map() }
  const names = contacts.map(namesOf)
  const missing = new Map<string, AliasName>()
  for (const name of names.flat()) {
    const text = aliasText(name)
    const cached = cache.get(text)
    if (cached === undefined) missing.set(text, name)
    else work.known.set(text, cached)
  }
  learn(work, await findAliases(trx, [...missing.values()]))
  const usual = contacts.map((contact, index) => settled(work, contact, names[index] as AliasName[]))
  if (usual.every((actor) => actor !== null)) return { actors: usual, merged: work.merged, learnt: work.learnt }
  const areNew = await news()
  const isNew = (_: unknown, index: number): boolean => areNew[index] === true // R4
  const unusual = unusualAmong(work, contacts.filter(isNew), names.filter(isNew))
  if (unusual.length > 0) {
    await queueUp(
      trx,
      unusual.map(({ numberId }) => numberId),
    )
  }
  // New names of people who are known must not be linked to a new conversation: `settle` links them.
  const changing = names.filter((own, index) => contacts[index]?.previous !== undefined && isNew(own, index)).flat()
  await createMissing(work, names.filter(isNew), new Set(changing.map(aliasText)))
  const actors: Resolved['actors'] = []
  for (const [index, contact] of contacts.entries()) {
    const found = settled(work, contact, names[index] as AliasName[])
    actors.push(found ?? (isNew(contact, index) ? await settle(work, contact) : null))
  }
  return { actors, merged: work.merged, learnt: work.learnt }
}

/** The names of a contact, the stronger first. */
function namesOf({ numberId, identity }: Pick<Contact, 'numberId' | 'identity'>): AliasName[] {
  const names: AliasName[] = []
  if (identity.userId !== undefined && identity.userId !== '') names.push({ numberId, kind: 'user', value: identity.userId })
  if (identity.phone !== undefined && identity.phone !== '') names.push({ numberId, kind: 'phone', value: identity.phone })
  if (names.length === 0) throw new Error('a contact has neither a user id nor a phone number')
  return names
}

/** The usual case: every name is known and leads to one conversation. */
function settled({ known }: Work, { previous }: Contact, names: AliasName[]): ActorRef | null {
  if (previous !== undefined) return null
  const [first, second] = names.map((name) => known.get(aliasText(name)))
  return first !== undefined && (names.length === 1 || second?.id === first.id) ? first : null
}

/** Contacts that need more than a look: names that lead to different conversations or only partly lead anywhere, changes of names,
 * and people who show different names within one batch. */
function unusualAmong(work: Work, contacts: Contact[], names: AliasName[][]): Contact[] {
  const shown = new Map<string, string>()
  return contacts.filter((contact, index) => {
    const own = names[index] as AliasName[]
    const texts = own.map(aliasText)
    const all = texts.join()
    const differs = texts.some((text) => (shown.get(text) ?? all) !== all)
    for (const text of texts) shown.set(text, all)
    if (contact.previous !== undefined) return true
    return firstKnown(work, own) === null ? differs : settled(work, contact, own) === null
  })
}

/** Contacts nobody knows, all together: a campaign brings thousands at once. */
async function createMissing(work: Work, names: AliasName[][], taken: Set<string> = new Set()): Promise<void> {
  const fresh = names.filter((own) => {
    const isNew = own.every((name) => !work.known.has(aliasText(name)) && !taken.has(aliasText(name)))
    if (isNew) for (const name of own) taken.add(aliasText(name))
    return isNew
  })
  if (fresh.length === 0) return
  const actors = fresh.map((own) => newActor(own[0] as AliasName, work.now))
  const links = fresh.flatMap((own, index) => own.map((name) => ({ name, actor: actors[index] as NewActor })))
  // Both statements at once; links to conversations that were not created after all are removed.
  const [made, linked] = await Promise.all([createActors(work.trx, actors, work.now), linkAliases(work.trx, links)])
  const unmade = links.filter(({ name, actor }) => !made.has(actor.id) && linked.delete(aliasText(name)))
  for (const { name } of unmade) await deleteAlias(work.trx, name)
  learn(work, linked)
  if (linked.size === fresh.flat().length) return
  const found = await findAliases(work.trx, fresh.flat())
  learn(work, found)
  const used = new Set([...found.values()].map((actor) => actor.id))
  // Somebody else linked the same names in the meantime: theirs came first.
  const orphans = actors.filter((actor) => made.has(actor.id) && !used.has(actor.id))
  if (orphans.length > 0) await deleteActors(work.trx, orphans)
  for (const own of fresh) {
    if (!own.some((name) => found.has(aliasText(name)))) await createBeside(work, own)
  }
}

/** The key is taken by a conversation that no name leads to any more (R1, R3): the newcomer gets one of its own. */
async function createBeside(work: Work, names: AliasName[]): Promise<ActorRef> {
  const plain = newActor(names[0] as AliasName, work.now)
  const key = `${plain.key}#${newUuid(work.now)}`
  const slot = slotOf(key)
  const actor = { ...plain, key, slot, id: formatId('cv', slot, newUuid(work.now)) }
  await createActors(work.trx, [actor], work.now)
  for (const name of names) await assign(work, name, actor)
  return { slot, id: actor.id }
}

function newActor(name: AliasName, now: number): NewActor {
  const key = aliasText(name)
  const slot = slotOf(key)
  return { slot, id: formatId('cv', slot, newUuid(now)), kind: 'conversation', key, numberId: name.numberId }
}

/** Handles one contact that is not the usual case, from what the database says now. Another process may change the same names meanwhile, so
 * whatever would move a name or merge is checked again under lock. */
async function settle(work: Work, contact: Contact): Promise<ActorRef> {
  const names = namesOf(contact)
  const former = contact.previous === undefined ? [] : formerNames({ ...contact, identity: contact.previous })
  for (let attempt = 0; attempt < 5; attempt += 1) {
    for (const name of [...names, ...former]) work.known.delete(aliasText(name)) // the cache may be out of date
    learn(work, await findAliases(work.trx, [...names, ...former]))
    const actor = await settleOnce(work, contact, names, former)
    if (actor !== null) return actor
  }
  throw new InboundError('merge-conflict')
}

/** Null: another process changed these names, or they led to a conversation that was merged; look again. */
async function settleOnce(work: Work, contact: Contact, names: AliasName[], former: AliasName[]): Promise<ActorRef | null> {
  let actor = firstKnown(work, former) ?? firstKnown(work, names)
  if (actor === null) {
    await createMissing(work, [names])
    actor = firstKnown(work, names)
    if (actor === null) return null
  }
  // R1: the user id decides whose the phone number is.
  const user = names.find((name) => name.kind === 'user')
  if (user !== undefined && former.length === 0 && !work.known.has(aliasText(user)) && (await hasUserAlias(work.trx, actor))) {
    if (!(await unmoved(work, [actor], names))) return null
    actor = await createBesideOf(work, user)
  }
  for (const name of names) {
    const next = await claim(work, name, actor, contact)
    if (next === null) return null
    actor = next
  }
  if (former.length > 0) await forget(work, actor, names)
  return actor
}

/** Locks the actors, and says whether the names still lead where we saw them lead. */
async function unmoved(work: Work, actors: ActorRef[], names: AliasName[]): Promise<LockedActor[] | null> {
  const locked = await lockActors(work.trx, actors)
  const found = await findAliases(work.trx, names)
  return names.every((name) => found.get(aliasText(name))?.id === work.known.get(aliasText(name))?.id) ? locked : null
}

function formerNames(contact: Contact): AliasName[] {
  const { userId, phone } = contact.identity
  return (userId ?? '') === '' && (phone ?? '') === '' ? [] : namesOf(contact)
}

/** A person with a user id of their own whose phone number is known as somebody else's. */
async function createBesideOf(work: Work, user: AliasName): Promise<ActorRef> {
  const actor = newActor(user, work.now)
  const made = await createActors(work.trx, [actor], work.now)
  if (!made.has(actor.id)) return createBeside(work, [user])
  await assign(work, user, actor)
  return { slot: actor.slot, id: actor.id }
}

/** The name leads to this conversation afterwards, or both lead to the winner of a merge, which is given back. */
async function claim(work: Work, name: AliasName, actor: ActorRef, contact: Contact): Promise<ActorRef | null> {
  const text = aliasText(name)
  if (!work.known.has(text)) {
    await linkAliases(work.trx, [{ name, actor }])
    learn(work, await findAliases(work.trx, [name])) // another process may have been first
  }
  const other = work.known.get(text)
  if (other?.id === actor.id) return actor
  const locked = other === undefined ? null : await unmoved(work, [actor, other], namesOf(contact))
  if (other === undefined || locked === null || (await follow(work, locked))) return null
  if (name.kind === 'phone' && (await hasUserAlias(work.trx, other))) {
    await assign(work, name, actor) // R1
    return actor
  }
  return merge(work, locked, contact)
}

/** R5: names may lead to a conversation that was merged: they were learnt while it was, or after. Says whether any did. */
async function follow(work: Work, locked: LockedActor[]): Promise<boolean> {
  const winners = await findWinners(work.trx, locked)
  for (const { slot, id } of locked) {
    const winner = winners.get(id)
    if (winner !== undefined) await moveNames(work, { slot, id }, winner)
  }
  return winners.size > 0
}

/** R2 */
async function merge(work: Work, locked: LockedActor[], contact: Contact): Promise<ActorRef> {
  const [winner, loser] = locked.toSorted(byClaim) as [LockedActor, LockedActor]
  const to = { slot: winner.slot, id: winner.id }
  await moveNames(work, loser, to)
  work.merged.push({ loser: { slot: loser.slot, id: loser.id }, winner: to, contact })
  return to
}

async function moveNames(work: Work, from: ActorRef, to: ActorRef): Promise<void> {
  await moveAliases(work.trx, from, to)
  for (const [text, actor] of work.known) if (actor.id === from.id) learn(work, new Map([[text, to]]))
}

function byClaim(a: LockedActor, b: LockedActor): number {
  const open = (actor: LockedActor): number => (OPEN_SERVICE_STATUSES.some((status) => status === actor.serviceStatus) ? 0 : 1)
  return open(a) - open(b) || a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1)
}

/** R3. A user id is never given to somebody else, and stays. */
async function forget(work: Work, actor: ActorRef, names: AliasName[]): Promise<void> {
  const kept = names.find((name) => name.kind === 'phone')?.value ?? null
  for (const phone of await deletePhonesBut(work.trx, kept, actor)) {
    work.known.delete(aliasText(phone))
    work.learnt.set(aliasText(phone), null)
  }
}

async function assign(work: Work, name: AliasName, actor: ActorRef): Promise<void> {
  const to = { slot: actor.slot, id: actor.id }
  await moveAlias(work.trx, name, to)
  learn(work, new Map([[aliasText(name), to]]))
}

function firstKnown({ known }: Work, names: AliasName[]): ActorRef | null {
  for (const name of names) {
    const found = known.get(aliasText(name))
    if (found !== undefined) return found
  }
  return null
}

function learn(work: Work, found: Map<string, ActorRef>): void {
  for (const [text, actor] of found) {
    work.known.set(text, actor)
    work.learnt.set(text, actor)
  }
}
