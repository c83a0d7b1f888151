// The health check of MongoDB in compose.yaml. Makes the replica set at the first run; exits 0 once the server takes writes.
const password = require('fs').readFileSync('/run/secrets/mongodb_password', 'utf8').trim()
db.getSiblingDB('admin').auth('parley', password)
try {
  rs.status()
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error
  rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: 'mongo:27017' }] })
}
quit(db.hello().isWritablePrimary ? 0 : 1)
