import t from 'tap'
import { startScene } from './scene.ts'
const a=performance.now()
await t.test('x', async (t)=>{
  const b=performance.now()
  const s=await startScene(t)
  console.error('boot',performance.now()-b)
  const c=performance.now()
  console.error(await s.post('message-text.json'))
  console.error('post',performance.now()-c)
  const [conv]=await s.conversations()
  console.error(JSON.stringify(conv,null,1), JSON.stringify(await s.messages(conv!)), JSON.stringify(s.graph.sends()), s.errors)
  console.error(await s.rows())
  const d=performance.now()
  await s.rows()
  console.error('rows',performance.now()-d)
})
console.error('all',performance.now()-a)
