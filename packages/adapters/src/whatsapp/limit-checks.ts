// Pure. How a limit is checked: each check gives its problems, so checks are added up.

export interface Problem {
  path: string
  message: string
}

/** One problem when the condition holds, else none. */
export function when(wrong: boolean, path: string, message: string): Problem[] {
  return wrong ? [{ path, message }] : []
}

/** A text of so many characters. White space alone counts as nothing: the provider refuses it. */
export function length(path: string, text: string, least: number, most: number): Problem[] {
  const found = Array.from(text).length
  if (found > most) return [{ path, message: `has ${found} characters, at most ${most} are allowed` }]
  return when(least > 0 && text.trim() === '', path, 'is empty')
}

/** One to so many of something. */
export function count(path: string, found: number, most: number, what = path): Problem[] {
  if (found > most) return [{ path, message: `has ${found} ${what}, at most ${most} are allowed` }]
  return when(found === 0, path, `has no ${what}`)
}

export function range(path: string, value: number, most: number): Problem[] {
  return when(!(Math.abs(value) <= most), path, `is not between -${most} and ${most}`)
}

export function doubles(values: (readonly [path: string, value: string])[]): Problem[] {
  const seen = new Set<string>()
  return values.flatMap(([path, value]) => {
    const double = seen.has(value)
    seen.add(value)
    return when(double, path, `${value} is there twice`)
  })
}

export function isWebAddress(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
}
