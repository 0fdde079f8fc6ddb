import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'
import { wordsInFiles, wordsLeftBehind } from './wordsInFiles.ts'

test('the checker finds deleted words in the bytes of the files, unless the file waits for its rewriting', async () => {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  using database = new DatabaseSync(file)
  database.exec(`
    pragma journal_mode = wal;
    create table settings (key text, value text);
    create table titles (title text);
    insert into titles values ('Maçãs segredíssimas, sim'), ('outra');
    delete from titles where title <> 'outra'`)
  const words = ['SEGREDÍSSIMAS', 'sim', 'outrora', 'nunca']
  const found = ['riacho.db-wal has a part of “SEGREDÍSSIMAS”', 'riacho.db-wal has a part of “sim”']
  expect(wordsInFiles(file, words)).toEqual(found)
  expect(wordsLeftBehind(file, words)).toEqual(found)
  database.exec("insert into settings values ('rewrite_due_since', '1')")
  expect(wordsLeftBehind(file, words)).toEqual([])
  database.exec('delete from settings; vacuum; pragma wal_checkpoint(truncate)')
  expect(wordsLeftBehind(file, words)).toEqual([])
})
