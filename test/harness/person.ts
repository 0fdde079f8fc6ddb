import type { Answer, TestClient } from './client.ts'

const AT = '/api/chat/account'

export const PASSWORD = 'correct horse battery'

let asked = 0

/** Another network address for each call, for servers that trust a proxy. */
const elsewhere = () => ({ 'x-forwarded-for': `10.0.${asked >> 8}.${asked++ & 255}` })

/** Calls for accounts, as a page makes them. */
export const account = {
  read: (client: TestClient) => client.get(AT),
  signUp: (client: TestClient, body: object): Promise<Answer> =>
    client.post(`${AT}/sign-up`, { password: PASSWORD, ...body }, elsewhere()),
  signIn: (client: TestClient, email: string, password = PASSWORD): Promise<Answer> =>
    client.post(`${AT}/sign-in`, { email, password }, elsewhere()),
  signOut: (client: TestClient): Promise<Answer> => client.post(`${AT}/sign-out`),
  post: (client: TestClient, what: string, body?: object): Promise<Answer> =>
    client.post(`${AT}/${what}`, body, elsewhere()),
}

/** The parts of an answer that most tests look at. */
export function told({ status, body }: Answer): [number, string | undefined] {
  return [status, body?.code]
}
