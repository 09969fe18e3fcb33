// Reports: parameters that are looked up and sent at once, groups that fold, a picture of the rows, printing.

import { BarController, BarElement, CategoryScale, Chart, Filler, Legend, LineController, LineElement, LinearScale, PieController, ArcElement, PointElement, Tooltip } from 'chart.js'
import { combobox } from './combobox.js'

Chart.register(BarController, BarElement, CategoryScale, Filler, Legend, LineController, LineElement, LinearScale, PieController, ArcElement, PointElement, Tooltip)

const style = getComputedStyle(document.documentElement)
const probe = document.createElement('span')
const isRtl = document.documentElement.dir === 'rtl'

// What light-dark() comes to now: a canvas takes no functions of a style sheet.
function colour (name) {
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const found = getComputedStyle(probe).color
  probe.remove()
  return found
}

function palette () {
  return ['--mr-accent', '--mr-chart-2', '--mr-chart-3', '--mr-chart-4', '--mr-chart-5', '--mr-chart-6'].map(colour)
}

function pieces (told, colours) {
  const of = (place) => told.kind === 'pie' ? told.labels.map((_label, slice) => colours[slice % colours.length]) : colours[place % colours.length]
  return told.series.map((series, place) => ({
    label: series.label, data: series.values, backgroundColor: of(place), borderColor: told.kind === 'pie' ? colour('--mr-surface') : of(place),
    borderWidth: told.kind === 'bar' ? 0 : 2, borderRadius: told.kind === 'bar' ? 3 : 0, maxBarThickness: 36, tension: .25, pointRadius: told.labels.length > 40 ? 0 : 3
  }))
}

function options (told) {
  const ink = colour('--mr-ink-2')
  const line = colour('--mr-line')
  const font = { family: style.getPropertyValue('--tblr-font-sans-serif'), size: 12 }
  const number = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 })
  const axes = {
    x: { reverse: isRtl, grid: { display: false }, border: { color: line }, ticks: { color: ink, font, maxRotation: 0, autoSkipPadding: 12 } },
    y: { position: isRtl ? 'right' : 'left', beginAtZero: true, grid: { color: line }, border: { display: false }, ticks: { color: ink, font, maxTicksLimit: 6, callback: number } }
  }
  return {
    animation: false, responsive: true, maintainAspectRatio: false, locale: document.documentElement.lang,
    scales: told.kind === 'pie' ? {} : axes,
    plugins: {
      legend: { display: told.kind === 'pie' || told.series.length > 1, rtl: isRtl, align: 'start', position: told.kind === 'pie' ? 'right' : 'top', labels: { color: ink, font, boxWidth: 10, boxHeight: 10, useBorderRadius: true, borderRadius: 2 } },
      tooltip: { rtl: isRtl, callbacks: { label: (item) => ` ${item.dataset.label}: ${told.series[item.datasetIndex].texts[item.dataIndex]}` } }
    },
    onClick: (_event, found) => {
      const url = found.length && told.urls[found[0].index]
      if (url) location.href = url
    }
  }
}

export function draw (canvas) {
  const told = JSON.parse(canvas.dataset.chart)
  const chart = new Chart(canvas, { type: told.kind, data: { labels: told.labels, datasets: pieces(told, palette()) }, options: options(told) })
  const again = () => {
    chart.data.datasets = pieces(told, palette())
    chart.options = options(told)
    chart.update()
  }
  new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ['data-bs-theme', 'class'] })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again)
  addEventListener('beforeprint', () => chart.resize())
}

function fold (button) {
  const head = button.closest('tr')
  const level = Number(head.dataset.level)
  button.addEventListener('click', () => {
    const open = button.getAttribute('aria-expanded') !== 'true'
    button.setAttribute('aria-expanded', String(open))
    // What stands inside opens with it, whole: nobody remembers what was folded deeper down.
    for (let row = head.nextElementSibling; row && Number(row.dataset.level) > level; row = row.nextElementSibling) {
      row.hidden = !open
      row.querySelector('button[data-group]')?.setAttribute('aria-expanded', String(open))
    }
  })
}

function every (button, table) {
  button.addEventListener('click', () => {
    const open = button.getAttribute('aria-expanded') !== 'true'
    button.setAttribute('aria-expanded', String(open))
    for (const row of table.querySelectorAll('tbody tr')) row.hidden = !open && row.dataset.level !== '0'
    for (const each of table.querySelectorAll('button[data-group]')) each.setAttribute('aria-expanded', String(open))
  })
}

async function tiles (place) {
  const answer = await fetch(place.dataset.tiles, { headers: { 'X-Requested-With': 'fetch' } })
  if (!answer.ok) return
  place.innerHTML = await answer.text()
  for (const canvas of place.querySelectorAll('[data-chart]')) draw(canvas)
}

for (const place of document.querySelectorAll('[data-tiles]')) tiles(place)
for (const box of document.querySelectorAll('[data-combo]')) combobox(box)
for (const canvas of document.querySelectorAll('[data-chart]')) draw(canvas)
for (const button of document.querySelectorAll('button[data-group]')) fold(button)
for (const button of document.querySelectorAll('[data-groups]')) every(button, document.querySelector('.mr-report table'))
for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => print())
for (const form of document.querySelectorAll('.mr-params')) {
  form.addEventListener('change', (event) => {
    if (event.target.matches('select') && event.target.value !== 'custom') form.requestSubmit()
  })
}
