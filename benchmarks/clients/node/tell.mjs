// Tells N numbered events through the unmodified SDK and says, as JSON, what became of them.
//   node tell.mjs HOST WRITE_KEY EVENTS
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 25, flushInterval: 50, maxRetries: 30 })
let requests = 0
const failed = []
analytics.on('http_request', () => { requests += 1 })
analytics.on('error', (error) => failed.push(String(error.code ?? error)))

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))
for (let number = 0; number < Number(count); number += 1) {
  analytics.track({ userId: `user-${number % 200}`, event: 'Step Done', properties: { number } })
  if (number % 100 === 0) {
    analytics.identify({ userId: `user-${number % 200}`, traits: { email: `user-${number % 200}@example.com` } })
  }
  await wait(1)
}
await analytics.closeAndFlush({ timeout: 120_000 })
console.log(JSON.stringify({ events: Number(count), requests, failed, node: process.version }))
