// Pure.
import { closest, distance } from 'fastest-levenshtein'

/** The candidate a person most likely meant, or null when none is near: at most a third of its letters differ. */
function suggest(word: string, candidates: readonly string[]): string | null {
  if (candidates.length === 0) return null
  const nearest = closest(
    word.toLowerCase(),
    candidates.map((candidate) => candidate.toLowerCase()),
  )
  const found = candidates.find((candidate) => candidate.toLowerCase() === nearest)
  if (found === undefined) return null
  return distance(word.toLowerCase(), nearest) <= Math.max(1, Math.ceil(nearest.length / 3)) ? found : null
}

/** `did you mean "x"?`, or all there are when none is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return 'there is none yet'
  const guess = suggest(word, candidates)
  return guess === null ? `use one of: ${candidates.join(', ')}` : `did you mean "${guess}"?`
}
