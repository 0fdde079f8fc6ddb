import { type ZipEntry, zipOf } from '../importing/zip.ts'

/** A PDF with a line of text on each page. */
export function pdfOf(lines: readonly string[]): Buffer {
  const kids = lines.map((_, index) => `${4 + index * 2} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${lines.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...lines.flatMap((line, index) => {
      const content = `BT /F1 12 Tf 20 100 Td (${line}) Tj ET`
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents ${5 + index * 2} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ]
    }),
  ]
  let pdf = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = pdf.length
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const rows = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${pdf.length}\n%%EOF`
  return Buffer.from(`${pdf}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}${trailer}`, 'latin1')
}

const xml = (text: string) => Buffer.from(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${text}`)
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

function packageOf(main: string, mediaType: string, entries: readonly ZipEntry[]): Buffer {
  const types = `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/${main}" ContentType="${mediaType}.main+xml"/></Types>`
  const relations = `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${OFFICE}/officeDocument" Target="${main}"/></Relationships>`
  return zipOf([
    { name: '[Content_Types].xml', data: xml(types) },
    { name: '_rels/.rels', data: xml(relations) },
    ...entries,
  ])
}

const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
/** As Word in Portuguese writes them: their names are English in every language. */
const STYLES = { Ttulo: 'Title', Ttulo1: 'heading 1', Ttulo2: 'heading 2', Ttulo6: 'heading 6' }

/** A paragraph in a style. */
interface Styled {
  style: keyof typeof STYLES
  text: string
}

/** A document of Word with these paragraphs, and further entries. */
export function docxOf(paragraphs: readonly (string | Styled)[], more: readonly ZipEntry[] = []): Buffer {
  const body = paragraphs
    .map(each => (typeof each === 'string' ? { text: each, style: '' } : each))
    .map(({ text, style }) => {
      const properties = style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`
      return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`
    })
  const data = xml(`<w:document xmlns:w="${WORD}"><w:body>${body.join('')}</w:body></w:document>`)
  const named = Object.entries(STYLES).map(
    ([id, name]) => `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/></w:style>`,
  )
  const styles = xml(`<w:styles xmlns:w="${WORD}">${named.join('')}</w:styles>`)
  const type = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
  return packageOf('word/document.xml', type, [
    { name: 'word/document.xml', data },
    { name: 'word/styles.xml', data: styles },
    ...more,
  ])
}

/** A workbook of Excel with one sheet. */
export function xlsxOf(rows: readonly (string | number)[][]): Buffer {
  const cells = rows
    .map((row, y) => {
      const drawn = row.map((value, x) => {
        const at = `${String.fromCharCode(65 + x)}${y + 1}`
        return typeof value === 'number'
          ? `<c r="${at}"><v>${value}</v></c>`
          : `<c r="${at}" t="inlineStr"><is><t>${value}</t></is></c>`
      })
      return `<row r="${y + 1}">${drawn.join('')}</row>`
    })
    .join('')
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const relations = `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
  return packageOf('xl/workbook.xml', type, [
    {
      name: 'xl/workbook.xml',
      data: xml(
        `<workbook xmlns="${main}" xmlns:r="${OFFICE}"><sheets><sheet name="Gastos" sheetId="1" r:id="r1"/></sheets></workbook>`,
      ),
    },
    { name: 'xl/_rels/workbook.xml.rels', data: xml(relations) },
    {
      name: 'xl/worksheets/sheet1.xml',
      data: xml(`<worksheet xmlns="${main}"><sheetData>${cells}</sheetData></worksheet>`),
    },
  ])
}
