// Pure. Where everything of a picture goes: boxes as large as their text, and ways between them, in pixels from the top left.
import { Graph, layout } from '@dagrejs/dagre'
import type { EdgeLabel, GraphLabel, NodeLabel } from '@dagrejs/dagre'
import type { Part, Way } from './parts.ts'
import { widthOf, wrap } from './text.ts'

export const LINE = 15
/** From the edge of a box to its text. */
export const PADDING = 12
const [WIDTH, MOST_LINES] = [224, 4]

interface Point {
  x: number
  y: number
}
/** `x`, `y`: its middle. */
export interface Box extends Point {
  part: Part
  title: string[]
  lines: string[]
  width: number
  height: number
}
/** `label` is where the middle of its text goes. */
export interface Line {
  points: Point[]
  labels: string[]
  label: (Point & { width: number; height: number }) | null
}
export interface Picture {
  width: number
  height: number
  boxes: Box[]
  lines: Line[]
}

export function layOut(parts: readonly Part[], ways: readonly Way[]): Picture {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>()
  graph.setGraph({ rankdir: 'TB', nodesep: 32, ranksep: 40, edgesep: 20, marginx: 16, marginy: 16 })
  const boxes = new Map(parts.map((part) => [part.id, boxOf(part)]))
  for (const [id, { width, height }] of boxes) graph.setNode(id, { width, height })
  const labels = new Map(ways.map((way) => [way, way.labels.flatMap((label) => wrap(label, 150, 2))]))
  for (const [{ from, to }, shown] of labels) {
    const width = shown.length === 0 ? 0 : Math.max(...shown.map((text) => widthOf(text))) + 12
    graph.setEdge(from, to, { width, height: shown.length === 0 ? 0 : shown.length * LINE + 6, labelpos: 'c' })
  }
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    width,
    height,
    boxes: [...boxes].map(([id, box]) => {
      const { x = 0, y = 0 } = graph.node(id)
      return { ...box, x, y }
    }),
    lines: [...labels].map(([{ from, to }, shown]) => {
      const { points = [], x = 0, y = 0, width: wide = 0, height: high = 0 } = graph.edge(from, to)
      return { points, labels: shown, label: shown.length === 0 ? null : { x, y, width: wide, height: high } }
    }),
  }
}

function boxOf(part: Part): Omit<Box, 'x' | 'y'> {
  const small = part.kind === 'away' || part.kind === 'end'
  const inner = WIDTH - 2 * PADDING
  const title = wrap(part.title, inner, 2)
  const lines = wrap(part.says, inner, MOST_LINES)
  const width = small ? Math.max(72, ...title.map((text) => widthOf(text) + 2 * PADDING + 8)) : WIDTH
  const rows = title.length + lines.length + (part.kind === 'away' ? 0 : 1)
  return { part, title, lines, width, height: rows * LINE + PADDING + 6 }
}
