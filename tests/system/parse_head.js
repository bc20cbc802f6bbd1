// What llhttp, as Node.js has it by default, makes of request heads: the same
// input and output as tests/program/parse_head.cc.
'use strict';
const { HTTPParser, methods } = require('_http_common');

const hexadecimal = (text) => '.' + Buffer.from(text, 'latin1').toString('hex');

// RFC 9112 6.3, of what the parser has let pass.
function framing(fields) {
  const values = (name) => {
    const all = fields.filter(([each]) => each.toLowerCase() === name);
    return all.map(([, value]) => value).join(', ');
  };
  if (values('transfer-encoding')) return 'chunked';
  return values('content-length') || 'none';
}

function describe(octets) {
  const parser = new HTTPParser();
  const fields = [];
  let accepted;
  let isWhole = false;
  const take = (flat) => {
    for (let i = 0; i < flat.length; i += 2) fields.push([flat[i], flat[i + 1]]);
  };
  parser.initialize(HTTPParser.REQUEST, {});
  let url = '';
  parser[HTTPParser.kOnHeaders | 0] = (flat, start) => {
    take(flat);
    url += start;
  };
  parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, flat, method, end) => {
    if (accepted) return 0;
    take(flat ?? []);
    url += end ?? '';
    accepted = [`${major}.${minor}`, methods[method], url, [...fields]];
    return 0;
  };
  parser[HTTPParser.kOnBody | 0] = () => {};
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    if (accepted) isWhole = true;
  };
  const result = parser.execute(octets);
  if (result instanceof Error && !isWhole)
    return `refuse ${result.code} ${hexadecimal(result.reason ?? '')}`;
  if (!accepted) return 'refuse INCOMPLETE .';
  const [version, method, target, all] = accepted;
  const parts = [version, hexadecimal(method), hexadecimal(target), framing(all)];
  for (const [name, value] of all) parts.push(hexadecimal(name), hexadecimal(value));
  return 'accept ' + parts.join(' ');
}

const input = require('fs').readFileSync(0);
const lines = [];
for (let at = 0; at < input.length;) {
  const start = input.indexOf('\n', at) + 1;
  const end = start + Number(input.toString('latin1', at, start - 1));
  lines.push(describe(input.subarray(start, end)));
  at = end;
}
process.stdout.write(lines.join('\n') + '\n');
