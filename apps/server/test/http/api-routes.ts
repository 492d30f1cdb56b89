import type { FastifyInstance } from 'fastify'

export interface ApiRoute {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As in its description: `/api/v1/keys/{id}`. */
  url: string
  /** What its description says that a key must be allowed to do. */
  needs: string | undefined
}

/** The routes that need a key, as the description of the API lists them. */
export function apiRoutes(app: FastifyInstance): ApiRoute[] {
  const { paths } = app.swagger() as { paths: Record<string, Record<string, { security?: { key?: string[] }[] }>> }
  return Object.entries(paths)
    .filter(([url]) => url.startsWith('/api/v1'))
    .flatMap(([url, methods]) =>
      Object.entries(methods).map(([method, { security }]) => ({
        method: method.toUpperCase() as ApiRoute['method'],
        url,
        needs: security?.[0]?.key?.[0],
      })),
    )
}
