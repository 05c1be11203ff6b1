import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigValueError, setConfigValues, typedValue } from "./config-values.ts";

/** The table that a text makes as JSON, or why it makes none. */
function tableOf(text: string): string {
  const table = {};
  try {
    setConfigValues(table, text, typedValue);
    return JSON.stringify(table);
  } catch (error) {
    if (error instanceof ConfigValueError) return error.message;
    throw error;
  }
}

const cases: readonly (readonly [text: string, wanted: string])[] = [
  ["a=1,b=x", '{"a":1,"b":"x"}'],
  ["a.b=true,a.c=null", '{"a":{"b":true,"c":null}}'],
  ["a={x,2},b=", '{"a":["x",2],"b":""}'],
  ["a[1].b=007", '{"a":[null,{"b":"007"}]}'],
  ["a[0][1]=x", '{"a":[[null,"x"]]}'],
  ["a\\.b=c\\,d", '{"a.b":"c,d"}'],
  ["__proto__.x=1", '{"__proto__":{"x":1}}'],
  ["=1", "{}"],
  ["a", 'key "a" has no value'],
  ["a.b", 'key map "a" has no value'],
  ["a.=1", 'key map "a" has no value'],
  [",a=1", 'key "" has no value (cannot end with ,)'],
  ["a[", "error parsing index: EOF"],
  ["a[x]=1", 'error parsing index: strconv.Atoi: parsing "x": invalid syntax'],
  ["a[-1]=1", "negative -1 index not allowed"],
  ["a[70000]=1", "index of 70000 is greater than maximum supported index of 65536"],
  ["a={x", "list must terminate with '}'"],
];

test("values of --set", () => {
  for (const [text, wanted] of cases) assert.equal(tableOf(text), wanted, text);
});
