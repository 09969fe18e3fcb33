// What a power cut must not take: one value of plain data for each till, on the disk before `put` comes back.

const STORE = 'kept'

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

function written (transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onerror = transaction.onabort = () => reject(transaction.error)
  })
}

/** {get, put} of what is kept under a name. */
export async function keeping (name) {
  const opening = indexedDB.open('till', 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const database = await done(opening)
  return {
    get: () => done(database.transaction(STORE).objectStore(STORE).get(name)),
    put: (value) => {
      // `strict`: browsers otherwise say a value is kept while the disk has yet to write it
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
      transaction.objectStore(STORE).put(value, name)
      return written(transaction)
    }
  }
}
