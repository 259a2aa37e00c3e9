// A certified OpenID provider with one client; whoever signs in owns the address that they type.
import { Provider } from 'oidc-provider'

const [, , port, redirectUri, secret, unverified] = process.argv
const issuer = `http://127.0.0.1:${port}`
const provider = new Provider(issuer, {
  clients: [{ client_id: 'hastecrm', client_secret: secret, redirect_uris: [redirectUri] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: [secret] },
  features: { devInteractions: { enabled: true } },
  findAccount: async (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, email: id, email_verified: unverified !== 'unverified', name: id }),
  }),
})
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'))
