// Pure. How much room a text takes, roughly: fonts differ, so there is some air in it.

const LETTER = 6.6

/** In pixels, at the size pictures are written in. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + lettersOf(letter), 0) * LETTER
}

/** Broken at spaces where it can be, and not within a variable; what is more than `most` lines ends in an ellipsis. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = []
  for (const word of wordsOf(text).flatMap((each) => piecesOf(each, width))) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  if (lines.length <= most) return lines
  return [...lines.slice(0, most - 1), `${piecesOf(lines[most - 1] ?? '', width - 2 * LETTER)[0] ?? ''}…`]
}

function wordsOf(text: string): string[] {
  return text.match(/(?:\{\{.*?\}\}|\S)+/g) ?? []
}

/** A word that fits no line, in pieces that do. */
function piecesOf(word: string, width: number): string[] {
  const pieces: string[] = []
  for (const letter of word) {
    const last = pieces.at(-1)
    if (last !== undefined && widthOf(last + letter) <= width) pieces[pieces.length - 1] = last + letter
    else pieces.push(letter)
  }
  return pieces
}

// Chinese, Japanese, Korean and pictures are as wide as they are high.
function lettersOf(letter: string): number {
  return (letter.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1
}
