/** One condition that `baton doctor` looks at. `note`: worth knowing, nothing to do here. */
export interface Check {
  name: string
  status: 'ok' | 'note' | 'warning' | 'error'
  detail: string
  fix?: string
}
