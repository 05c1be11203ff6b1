import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMailbox } from "./x509-mailbox.ts";

// As Go's parseRFC2821Mailbox.
const cases: readonly [text: string, answer: string | undefined][] = [
  ["me@example.com", "me|example.com"],
  ["first.last+tag@Example.com", "first.last+tag|Example.com"],
  ['"a b\\"c"@example.com', 'a b"c|example.com'],
  ["a\\@b@example.com", "a@b|example.com"],
  [".a@example.com", undefined],
  ["a.@example.com", undefined],
  ["a..b@example.com", undefined],
  ["@example.com", undefined],
  ["a b@example.com", undefined],
  ["me", undefined],
  ["me@example..com", undefined],
  ["me@.example.com", undefined],
  ["", undefined],
];

for (const [text, answer] of cases) {
  test(JSON.stringify(text), () => {
    const mailbox = parseMailbox(text);
    assert.equal(mailbox && `${mailbox.local}|${mailbox.domain}`, answer);
  });
}
