// What is true of every webhook, whatever it says: without its signature it leaves no trace, and twice is once.
import type { Test } from 'tap'
import { readSample, sign, signatureOf } from './samples.ts'
import type { Scene } from './scene.ts'

/** Posts a sample to a scene: unsigned, wrongly signed, as it is, and once more. Afterwards it has been taken in once. `done`: all
 * it leads to is done, where that is more than working the inbox. */
export async function take(t: Test, scene: Scene, file: string, done: () => boolean = () => true): Promise<void> {
  const body = readSample(file)
  const before = await scene.rows()
  const other = sign(Buffer.concat([body, Buffer.from(' ')]))
  for (const [headers, name] of [
    [{}, 'no signature'],
    [other, 'the signature of another body'],
  ] as const) {
    const refused = await scene.postBytes(body, headers)
    t.match(refused, { status: 401, body: { code: 'signature-invalid' } }, `${name} is refused`)
  }
  t.strictSame(await scene.rows(), before, 'and nothing is stored of it')
  t.equal((await scene.postBytes(body, signatureOf(file))).status, 200, 'the right signature is acknowledged')
  await scene.settle()
  await scene.until(done)
  const after = await scene.rows()
  t.equal((await scene.postBytes(body, signatureOf(file))).status, 200, 'so is a repeat')
  await scene.settle()
  t.strictSame(await scene.rows(), after, 'which changes nothing')
  t.strictSame(scene.errors, [], 'nothing went wrong on the way')
}
