// The counter: catalogue and cart in memory, every change on the disk, every action a key and a button.

import { millionths } from './pricing.js'
import { asks, close, pads } from './till/asking.js'
import { basket } from './till/basket.js'
import * as carts from './till/cart.js'
import { Catalogue } from './till/catalogue.js'
import { Drawer } from './till/counting.js'
import { Desk } from './till/desk.js'
import { all, clock, many, one, t } from './till/dom.js'
import { Editing } from './till/editing.js'
import { Holds } from './till/holding.js'
import { keeping } from './till/keeping.js'
import { keys } from './till/keys.js'
import { Lots } from './till/lots.js'
import { isUnheard, lock, locking, shut } from './till/locking.js'
import { overriding } from './till/overriding.js'
import { Paying } from './till/paying.js'
import { People } from './till/people.js'
import { print } from './till/printing.js'
import { priced } from './till/pricing.js'
import { Returns } from './till/returning.js'
import { Scanning } from './till/scanning.js'
import { Refused, Unanswered, get } from './till/server.js'
import { pause } from './till/sending.js'
import { Shelf } from './till/shelf.js'

const AGAIN = 3000
/** A large catalogue over a slow line takes its time. */
const WHOLE = 120000
const page = one('[data-till]')
const desk = new Desk((now) => {
  head(now)
  if (!now.catalogue) return
  basket(now)
  returns.follow()
})
const shelf = new Shelf(desk)
const paying = new Paying(desk, say)
const drawer = new Drawer(desk, refresh)
const holds = new Holds(desk, refresh)
const lots = new Lots(desk, say)
const returns = new Returns(desk, lots, (answer) => paying.returned(answer))
const people = new People(desk, (customer) => desk.change({ ...desk.cart, customer }).then(ask))
const editing = new Editing(desk, say, (product) => scanning.take(product))
const scanning = new Scanning(desk, { shelf, editing, lots, say, returns, people: (found) => desk.change({ ...desk.cart, customer: found }).then(ask) })

const ACTIONS = {
  scan: () => scanning.focus(),
  customer: () => people.ask(),
  hold: () => scanning.after(() => holds.ask()),
  recall: () => holds.recall(),
  last: () => desk.last ? print(desk.last.receipt_url, say) : say(t('Nothing was sold here yet.')),
  return: () => returns.ask(),
  pay: () => scanning.after(() => paying.start()),
  split: () => scanning.after(() => paying.start()),
  menu: () => one('#menu').showModal(),
  keys: () => one('#keys').showModal(),
  cash: () => drawer.cash(),
  look: () => drawer.look(),
  close: () => drawer.end(),
  lock: () => lock(desk),
  less: () => editing.by(-1n),
  more: () => editing.by(1n),
  remove: () => editing.remove(),
  nodiscount: () => editing.discount('0'),
  up: () => desk.change(carts.step(desk.cart, -1)),
  down: () => desk.change(carts.step(desk.cart, 1)),
  quantity: () => scanning.way('quantity'),
  discount: () => scanning.way('discount'),
  price: () => scanning.way('price'),
  side: () => { page.dataset.side = page.dataset.side === 'cart' ? 'shelf' : 'cart' }
}

/** What is done about a refusal that no other words would help. */
const AFTER = {
  terminal_unknown: () => one('#unknown').showModal(),
  till_locked: shut,
  no_session: () => refresh()
}

/** Does what a key or a button is for; what goes wrong is said above the cart. */
async function act (name) {
  if (!desk.state) return
  say('')
  try {
    await ACTIONS[name]()
  } catch (error) {
    say(error)
  }
}

function say (what) {
  const note = one('[data-note]')
  if (what instanceof Error && !(what instanceof Refused) && !(what instanceof Unanswered)) throw what
  const then = what instanceof Refused && (what.status === 401 ? () => location.assign('/login/?next=/till/') : AFTER[what.code])
  if (then) return then()
  const said = what instanceof Unanswered ? t('There is no answer. Look at the network, then try again.') : what instanceof Refused ? [...new Set([what.message, ...Object.values(what.fields)])].filter(Boolean).join(' ') : what
  note.hidden = !said
  one('span', note).textContent = said
}

function head ({ state }) {
  one('[data-terminal]').textContent = state.terminal.name
  one('[data-cashier]').textContent = state.session ? t('{name}, since {time}', { name: state.cashier.name, time: clock(state.session.opened_at) }) : state.cashier.name
  one('[data-held]').textContent = state.held ? many(millionths(String(state.held))) : ''
  one('[data-do=last]').disabled = !desk.last
}

/** What a customer with prices of their own pays, as the server says. */
const ask = () => desk.cart.customer && desk.cart.lines.length ? priced(desk).catch(say) : undefined

async function refresh () {
  desk.told(await get('state'))
  return ready()
}

/** What comes first: the PIN where it is locked, what was left unanswered, the float, else the next scan. */
async function ready () {
  if (desk.state.is_locked) return shut()
  if (desk.pending) await paying.resume()
  if (!desk.state.session) return drawer.begin()
  if (!asks()) scanning.focus()
}

/** One page for one till: a second one would sell the same cart. */
function alone (name) {
  if (!navigator.locks) return Promise.resolve(true)
  return new Promise((resolve) => {
    navigator.locks.request(`till-${name}`, { ifAvailable: true }, (held) => {
      resolve(Boolean(held))
      return held && new Promise(() => {})
    })
  })
}

async function begin () {
  const [state, catalogue] = await Promise.all([get('state'), get('catalogue', WHOLE)])
  desk.catalogue = new Catalogue(catalogue)
  if (!await alone(state.terminal.id)) {
    one('#twice').showModal()
    return
  }
  await desk.found(await keeping(String(state.terminal.id)))
  desk.told(state)
  shelf.fill()
  page.removeAttribute('aria-busy')
  if (isUnheard(desk)) return act('lock')
  return ready()
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do], [data-tender], [data-line], [data-product]')
  if (!button || button.closest('form[data-asks]')) return
  const { do: name, tender, line: key, product } = button.dataset
  if (button.closest('#menu')) close('menu')
  if (name) return act(name)
  if (tender) {
    desk.tender = tender
    return desk.draw()
  }
  if (key) return desk.change({ ...desk.cart, at: Number(key) })
  scanning.take(desk.catalogue.get(Number(product)))
})

for (const dialog of all('dialog')) dialog.addEventListener('close', () => !asks() && desk.state?.session && scanning.focus())

for (const dialog of all('dialog[data-stays]')) dialog.addEventListener('cancel', (event) => event.preventDefault())
pads()
overriding()
locking(desk, () => desk.catalogue ? refresh() : begin())
keys(act, (code) => scanning.scanned(code))
/** A page that finds the server silent asks again by itself. */
async function start () {
  for (;;) {
    try {
      return await begin()
    } catch (error) {
      say(error)
      if (!(error instanceof Unanswered)) return
      await pause(AGAIN)
      say('')
    }
  }
}

start()
