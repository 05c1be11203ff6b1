import assert from "node:assert/strict";
import { test } from "node:test";
import { syncCommand } from "./sync.ts";

const refused: { readonly [flags: string]: RegExp } = {
  // kube-mgmt takes what it does not know, as its own README's flag, and does nothing of it.
  "--enable-policy=false": /unknown option '--enable-policy=false'/,
  // There it watches everything and matches nothing.
  "--namespaces=": /^--namespaces: expected names, or \* for everywhere$/,
  "--enable-policies=perhaps": /expected true or false/,
  "--replicate=pods/v1/core/x": /^--replicate pods\/v1\/core\/x: /,
  "--replicate-path=/": /^--replicate-path: expected a name below data, as kubernetes$/,
  "--opa-url=localhost:8181": /^--opa-url localhost:8181: expected http:\/\/ or https:\/\/$/,
  "--opa-auth-token=a --opa-auth-token-file=b": /^--opa-auth-token and --opa-auth-token-file are two ways of the same/,
  "--log-level=all": /^--log-level all: expected debug, info or warn$/,
};

for (const [flags, fault] of Object.entries(refused))
  test(`sync ${flags} is refused`, async () => {
    const command = syncCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    await assert.rejects(command.parseAsync(flags.split(" "), { from: "user" }), { message: fault });
  });
