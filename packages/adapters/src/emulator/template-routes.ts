// The Cloud API's template paths.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { accountRefusal, baseOf, fail, pick } from './graph-access.ts'
import type { ById } from './graph-access.ts'
import { problem } from './graph-error.ts'
import { isRecord } from './json.ts'
import type { Json } from './json.ts'
import { startReview } from './template-events.ts'
import { readTemplate } from './templates.ts'
import type { Template } from './templates.ts'
import type { World } from './world.ts'

export function templateRoutes(app: FastifyInstance, world: World): void {
  app.get<ById>('/:version/:id/message_templates', async (request, reply) => {
    const refused = accountRefusal(world, request)
    return refused ? fail(reply, world, refused) : listTemplates(world, request)
  })

  app.post<ById>('/:version/:id/message_templates', async (request, reply) => {
    const refused = accountRefusal(world, request)
    if (refused) return fail(reply, world, refused)
    const read = readTemplate(isRecord(request.body) ? request.body : {})
    if (read.kind === 'problem') return fail(reply, world, read)
    const { name, language } = read.value
    if (world.templates.find(request.params.id, name, language)) {
      return fail(reply, world, problem(100, `There is already ${language} content for the template ${name}.`, 2_388_024))
    }
    const template = world.templates.add({ ...read.value, status: 'PENDING' }, request.params.id)
    startReview(world, template)
    return { id: template.id, status: template.status, category: template.category }
  })

  app.delete<ById>('/:version/:id/message_templates', async (request, reply) => {
    const refused = accountRefusal(world, request)
    if (refused) return fail(reply, world, refused)
    const { name, hsm_id: onlyId } = request.query
    const doomed = world.templates
      .of(request.params.id)
      .filter((template) => template.name === name && (onlyId ?? template.id) === template.id)
    if (doomed.length === 0) return fail(reply, world, problem(100, `There is no template named ${name ?? ''}.`))
    for (const template of doomed) world.templates.remove(template)
    return { success: true }
  })
}

export function templateView(template: Template): Json {
  const { id, name, language, status, category, parameter_format, components, quality } = template
  return { id, name, language, status, category, parameter_format, components, quality_score: { score: quality } }
}

function listTemplates(world: World, request: FastifyRequest<ById>): unknown {
  const { limit, after, before, fields, ...filters } = request.query
  const size = Math.min(100, Math.max(1, Number(limit ?? 25) || 25))
  const all = world.templates
    .of(request.params.id)
    .filter((template) =>
      (['name', 'status', 'language', 'category'] as const).every((member) => (filters[member] ?? template[member]) === template[member]),
    )
  const places = { after: placeOf(after), before: placeOf(before) }
  const start = places.after !== null ? places.after + 1 : places.before !== null ? Math.max(0, places.before - size) : 0
  const page = all.slice(start, places.before === null ? start + size : Math.min(start + size, places.before))
  if (page.length === 0) return { data: [] }
  const cursors = { before: cursorOf(start), after: cursorOf(start + page.length - 1) }
  const query = new URLSearchParams({ ...(fields === undefined ? {} : { fields }), limit: String(size) })
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value)
  const here = `${baseOf(request)}/${request.params.version}/${request.params.id}/message_templates?${query.toString()}`
  return {
    data: page.map((template) => pick(templateView(template), fields)),
    paging: {
      cursors,
      ...(start + page.length < all.length ? { next: `${here}&after=${cursors.after}` } : {}),
      ...(start > 0 ? { previous: `${here}&before=${cursors.before}` } : {}),
    },
  }
}

function cursorOf(place: number): string {
  return Buffer.from(`place ${place}`).toString('base64url')
}

function placeOf(cursor: string | undefined): number | null {
  const place = /^place (\d+)$/.exec(Buffer.from(cursor ?? '', 'base64url').toString())?.[1]
  return place === undefined ? null : Number(place)
}
