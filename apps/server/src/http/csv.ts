// Pure.
/** Lines of comma-separated values (RFC 4180); null and undefined are empty. */
export function csvOf(lines: readonly (readonly Field[])[]): string {
  return lines.map((fields) => `${fields.map((field) => quoted(String(field ?? ''))).join(',')}\r\n`).join('')
}

type Field = string | number | boolean | null | undefined

// A spreadsheet would take what begins with = + - @ for a formula.
function quoted(field: string): string {
  const text = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
