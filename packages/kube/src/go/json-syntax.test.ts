import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonSyntaxFault } from "./json-syntax.ts";

const faults: { readonly [text: string]: string } = {
  "": "unexpected end of JSON input",
  "{": "unexpected end of JSON input",
  "a: b": "invalid character 'a' looking for beginning of value",
  '{"a":tru}': "invalid character '}' in literal true (expecting 'e')",
  '{"a":nul': "invalid character ' ' in literal null (expecting 'l')",
  '{"a":1,}': "invalid character '}' looking for beginning of object key string",
  '{"a":"\n"}': "invalid character '\\n' in string literal",
  '{"a":01}': "invalid character '1' after object key:value pair",
  '{"a":"\\x"}': "invalid character 'x' in string escape code",
  '{"a":"\\u12"}': `invalid character '"' in \\u hexadecimal character escape`,
  '{"a" 1}': "invalid character '1' after object key",
  "[1 2]": "invalid character '2' after array element",
  "{} {}": "invalid character '{' after top-level value",
  '{"a":-}': "invalid character '}' in numeric literal",
  '{"a":1.}': "invalid character '}' after decimal point in numeric literal",
  '{"a":1e}': "invalid character '}' in exponent of numeric literal",
  "¡": "invalid character 'Â' looking for beginning of value",
};

for (const [text, fault] of Object.entries(faults))
  test(`JSON ${JSON.stringify(text)}: ${fault}`, () =>
    assert.equal(jsonSyntaxFault(new TextEncoder().encode(text)), fault));
