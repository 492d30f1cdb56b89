import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** The description of the API: generated from the routes, static, open. To be registered before the routes. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Baton',
        version: '1',
        description:
          'Routes one conversation per customer between marketing and service. Errors are RFC 9457 problems with a stable `code`.',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    },
    // Routes that say nothing of themselves (the emulator's, when it is served here) are not part of the API.
    transform: (route) => (route.schema?.summary === undefined ? { ...route, schema: { hide: true } } : jsonSchemaTransform(route)),
    transformObject: jsonSchemaTransformObject,
  })
  // Who opens the address that the start prints is looking for a page.
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs/'))
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  await app.register(scalar, {
    routePrefix: '/docs',
    // Everything that would talk to somebody else is off.
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Baton API',
      telemetry: false,
      withDefaultFonts: false,
      showDeveloperTools: 'never',
      hideClientButton: true,
      agent: { disabled: true },
      mcp: { disabled: true },
      authentication: { preferredSecurityScheme: 'key' },
    },
  })
}
