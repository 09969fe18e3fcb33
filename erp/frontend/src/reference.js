// The page for programmers: swagger-ui with the tenant's own description, asked for with the page's cookie; the JSON way in
// takes no cookie, so trying needs a token, which is fetched when somebody says so and kept nowhere but here.

import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js'

const place = document.querySelector('[data-reference]')
const form = document.querySelector('[data-token]')
const key = document.querySelector('[data-key]')
const said = document.querySelector('[data-token-said]')

const ui = SwaggerUI({
  domNode: place,
  url: place.dataset.reference,
  docExpansion: 'none',
  defaultModelsExpandDepth: -1,
  displayOperationId: false,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.credentials = request.loadSpec ? 'same-origin' : 'omit'
    return request
  },
  onComplete: () => place.setAttribute('data-ready', '')
})

function use (token, sentence) {
  ui.preauthorizeApiKey('bearer', token)
  said.textContent = sentence
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const answer = await fetch(form.action, { method: 'POST', body: new FormData(form), headers: { Accept: 'application/json' } })
  const told = await answer.json()
  if (answer.ok) use(told.access_token, form.dataset.said)
  else said.textContent = told.error.message
})

key.addEventListener('change', () => { if (key.value.trim()) use(key.value.trim(), key.dataset.said) })
