// Pure. Which servers HTTP steps may call: a list the operator keeps, as the authors of journeys are others.

/** `api.shop.example`, `api.shop.example:8443`, or `*.shop.example` for everything below it. */
export function isHostRule(rule: string): boolean {
  return /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(rule) || /^\[[0-9a-f:]+\](:\d{1,5})?$/.test(rule)
}

/** A rule without a port is about the usual one of the scheme. */
export function isCallable(url: string, rules: readonly string[]): boolean {
  const { hostname, port, protocol } = new URL(url)
  const usual = protocol === 'https:' ? '443' : '80'
  return rules.some((rule) => {
    const [, host = '', wanted = usual] = /^(.+?)(?::(\d+))?$/.exec(rule) ?? []
    if (wanted !== (port === '' ? usual : port)) return false
    return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host
  })
}
