import type { Answer, TestClient } from './client.ts'

const AT = '/api/chat/account'

export const PASSWORD = 'correct horse battery'

/** Calls for accounts, as a page makes them. */
export const account = {
  read: (client: TestClient) => client.get(AT),
  signUp: (client: TestClient, body: object): Promise<Answer> =>
    client.post(`${AT}/sign-up`, { password: PASSWORD, ...body }),
  signIn: (client: TestClient, email: string, password = PASSWORD): Promise<Answer> =>
    client.post(`${AT}/sign-in`, { email, password }),
  signOut: (client: TestClient): Promise<Answer> => client.post(`${AT}/sign-out`),
  post: (client: TestClient, what: string, body?: object): Promise<Answer> =>
    client.post(`${AT}/${what}`, body),
}

/** The parts of an answer that most tests look at. */
export function told({ status, body }: Answer): [number, string | undefined] {
  return [status, body?.code]
}
