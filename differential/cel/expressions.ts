import type { Tape } from "../tape.ts";

/** What an expression comes to. `dyn` is of the object's own fields. */
export type ExpressionType = keyof typeof productions;

/**
 * Ways to make an expression of each type: `{type}` stands for another expression. The first of each is a literal, so that a tape that has
 * ended makes something small.
 */
const productions = {
  bool: `true|false|{bool} && {bool}|{bool} || {bool}|!({bool})|{bool} ? {bool} : {bool}|{int} < {int}|{int} >= {int}|{double} > {double}|{uint} <= {uint}
    |{string} == {string}|{string} != {string}|{string} < {string}|{bytes} == {bytes}|{time} < {time}|{dur} >= {dur}|{listS} == {listS}|{map} == {map}|{ip} == {ip}|{qty} == {qty}
    |{string} in {listS}|{int} in {listI}|{string} in {map}|{string}.contains({string})|{string}.startsWith({string})|{string}.endsWith({string})|{string}.matches({pattern})
    |{listS}.all(x, x.size() > {int})|{listI}.exists(x, x == {int})|{listS}.exists_one(x, x == {string})|{map}.all(k, k.size() < {int})|{map}.exists(k, v, v > {int})|{listI}.all(i, v, i < v)|{map}.existsOne(k, v, v == {int})
    |sets.contains({listS}, {listS})|sets.equivalent({listI}, {listI})|sets.intersects({listS}, {listS})|{listI}.isSorted()|{listS}.isSorted()
    |isIP({string})|isIP({ipText})|ip.isCanonical({ipText})|{ip}.isUnspecified()|{ip}.isLoopback()|{ip}.isLinkLocalMulticast()|{ip}.isLinkLocalUnicast()|{ip}.isGlobalUnicast()
    |isCIDR({cidrText})|{cidr}.containsIP({ip})|{cidr}.containsIP({ipText})|{cidr}.containsCIDR({cidr})|{cidr}.containsCIDR({cidrText})|cidr({cidrText}) == {cidr}
    |isURL({urlText})|isURL({string})|{url} == {url}|isQuantity({qtyText})|{qty}.isInteger()|{qty}.isGreaterThan({qty})|{qty}.isLessThan({qty})|isSemver({semverText})|isSemver({semverText}, {bool})|{semver}.isLessThan({semver})|{semver}.isGreaterThan({semver})|{semver} == {semver}
    |format.named({formatName}).hasValue()|{format}.validate({string}).hasValue()|{optS}.hasValue()|{optI} == {optI}|has(object.data)|has(object.data.{key})|has(object.metadata.labels)|object.data.?{key}.hasValue()|type({int}) == int|type({dyn}) == string|{dyn} == {dyn}|{dyn} == {string}|{dyn} < {dyn}|cel.bind(y, {bool}, y \\|\\| {bool})
    |authorizer.group({string}).resource('pods').namespace({string}).check('get').allowed()|authorizer.path({string}).check('get').allowed()|authorizer.serviceAccount('default', 'default').group('').resource('pods').check('list').allowed()|authorizer.requestResource.check('create').allowed()
    |request.operation == {string}|request.dryRun|namespaceObject.metadata.name == {string}|has(request.options)|oldObject == null|variables.flag|bool({boolText})`,
  int: `1|0|-1|7|100|9223372036854775807|-9223372036854775808|0x1F|{int} + {int}|{int} - {int}|{int} * {int}|{int} / {int}|{int} % {int}|-({int})|{bool} ? {int} : {int}|size({string})|{string}.size()|size({listS})|size({map})|size({bytes})
    |int({double})|int({uint})|int({intText})|int({time})|{string}.indexOf({string})|{string}.indexOf({string}, {int})|{string}.lastIndexOf({string})|{listI}[{int}]|{map}[{string}]|{listI}.sum()|{listI}.min()|{listI}.max()|{listI}.indexOf({int})|{listS}.lastIndexOf({string})
    |{time}.getFullYear()|{time}.getMonth()|{time}.getDate()|{time}.getDayOfMonth()|{time}.getDayOfWeek()|{time}.getDayOfYear()|{time}.getHours({zone})|{time}.getMinutes()|{time}.getSeconds()|{time}.getMilliseconds()|{dur}.getHours()|{dur}.getMinutes()|{dur}.getSeconds()|{dur}.getMilliseconds()
    |{ip}.family()|{cidr}.prefixLength()|{qty}.asInteger()|{qty}.sign()|{qty}.compareTo({qty})|{semver}.major()|{semver}.minor()|{semver}.patch()|{semver}.compareTo({semver})|{optI}.orValue({int})|{optI}.value()|cel.bind(n, {int}, n + n)|variables.number|{listI}.first().orValue({int})|{listI}.last().value()`,
  uint: `1u|0u|18446744073709551615u|{uint} + {uint}|{uint} - {uint}|{uint} * {uint}|{uint} / {uint}|{uint} % {uint}|uint({int})|uint({double})|uint({intText})`,
  double: `1.5|0.0|-2.5e10|1e308|{double} + {double}|{double} - {double}|{double} * {double}|{double} / {double}|-({double})|double({int})|double({uint})|double({doubleText})|{qty}.asApproximateFloat()|[{double}, {double}].sum()`,
  string: `"a"|""|"abc"|"Hello, World"|"é€😀"|"a.b.c"|'x"y'|{string} + {string}|{bool} ? {string} : {string}|string({int})|string({double})|string({uint})|string({bool})|string({bytes})|string({dur})|string({time})|string({ip})|string({cidr})|string({semver})|{string}.lowerAscii()|{string}.upperAscii()|{string}.trim()|{string}.reverse()|{string}.charAt({int})|{string}.substring({int})|{string}.substring({int}, {int})|{string}.replace({string}, {string})|{string}.replace({string}, {string}, {int})|strings.quote({string})
    |{listS}.join()|{listS}.join({string})|{listS}[{int}]|{string}.find({pattern})|{url}.getScheme()|{url}.getHost()|{url}.getHostname()|{url}.getPort()|{url}.getEscapedPath()|{optS}.orValue({string})|{optS}.value()|object.data.{key}|object.metadata.name|request.name|request.userInfo.username|namespaceObject.metadata.name|variables.text|string({dyn})|"%d|%s".format([{int}, {string}])|"%s %s".format([{listS}, {map}])|"%.2f %e".format([{double}, {double}])|"%x %X %o %b".format([{int}, {string}, {int}, {int}])|"%s".format([{dyn}])|{map}.map(k, k).join(",")|dyn({string})|authorizer.path({string}).check('get').reason()|authorizer.group({string}).resource('pods').check('get').error()|{semver} == {semver} ? "same" : "other"|"%s %s".format([{time}, {dur}])|"%s".format([{bool}])|{url}.getQuery().map(k, k).sort().join("&")|type({dyn}) == map ? "map" : "none"`,
  bytes: `b"a"|b""|b"\\xff"|bytes({string})|{bytes} + {bytes}`,
  listS: `["a"]|[]|["b", "a", "c"]|[{string}, {string}]|{listS} + {listS}|{string}.split({string})|{string}.split({string}, {int})|{listS}.filter(x, x != {string})|{listS}.map(x, x + {string})|{listS}.map(x, x.size() > {int}, x)|{string}.findAll({pattern})|{string}.findAll({pattern}, {int})|{listS}.slice({int}, {int})|{listS}.reverse()|{listS}.distinct()|{listS}.sort()|{listS}.sortBy(x, x.size())|[{listS}, {listS}].flatten()|{map}.map(k, k + {string})|{map}.transformList(k, v, k)|{listS}.transformList(i, v, v + string(i))|[?{optS}]|{format}.validate({string}).orValue([])|{url}.getQuery()[{string}]`,
  listI: `[1]|[]|[3, 1, 2]|[{int}, {int}]|{listI} + {listI}|{listI}.filter(x, x > {int})|{listI}.map(x, x * {int})|lists.range({int})|{listI}.slice({int}, {int})|{listI}.distinct()|{listI}.sort()|{listI}.reverse()|{listI}.sortBy(x, -x)|[{listI}, [{listI}]].flatten({int})|{listI}.transformList(i, v, v > {int}, i)|{map}.map(k, {map}[k])|[?{optI}, {int}]`,
  map: `{"a": 1}|{}|{"b": {int}}|{{string}: {int}}|{listS}.transformMap(i, v, i).map(k, k).size() > 0 ? {"k": 1} : {"l": 2}|{map}.transformMap(k, v, v + {int})|{map}.transformMap(k, v, v > {int}, v)|{map}.transformMapEntry(k, v, {k + {string}: v})|{?{string}: {optI}}|variables.table`,
  time: `timestamp("2024-02-29T23:59:59.123456789Z")|timestamp("0001-01-01T00:00:00Z")|timestamp("9999-12-31T23:59:59Z")|timestamp({timeText})|timestamp({int})|{time} + {dur}|{time} - {dur}|{dur} + {time}`,
  dur: `duration("1h2m3.5s")|duration("0")|duration("-1.5s")|duration("2540400h")|duration({durText})|{dur} + {dur}|{dur} - {dur}|{time} - {time}|-({dur})`,
  qty: `quantity("1")|quantity("1Gi")|quantity("250m")|quantity({qtyText})|{qty}.add({qty})|{qty}.add({int})|{qty}.sub({qty})|{qty}.sub({int})`,
  ip: `ip("10.1.2.3")|ip("::1")|ip({ipText})|{cidr}.ip()|ip({string})`,
  cidr: `cidr("10.0.0.0/8")|cidr("2001:db8::/32")|cidr({cidrText})|{cidr}.masked()`,
  url: `url("https://example.com:80/a%20b?x=1&x=2&y")|url("/path")|url({urlText})|url({string})`,
  semver: `semver("1.2.3")|semver("1.2.3-rc.1+b")|semver({semverText})|semver({semverText}, {bool})`,
  format: `format.dns1123Label()|format.dns1123Subdomain()|format.dns1035Label()|format.qualifiedName()|format.labelValue()|format.dns1123LabelPrefix()|format.uri()|format.uuid()|format.byte()|format.date()|format.datetime()|format.named({formatName}).value()`,
  optS: `optional.of("a")|optional.none()|optional.of({string})|optional.ofNonZeroValue({string})|object.data.?{key}|{listS}[?{int}]|{optS}.or({optS})|{optS}.optMap(x, x + {string})|{optS}.optFlatMap(x, optional.of(x))|{listS}.first()|{listS}.last()`,
  optI: `optional.of(1)|optional.none()|optional.of({int})|optional.ofNonZeroValue({int})|{map}[?{string}]|{listI}[?{int}]|{optI}.optMap(x, x + {int})|{optI}.or({optI})|{listI}.first()`,
  dyn: `object.data.{key}|object.metadata.name|object.metadata.labels|object.nothing|dyn({int})|dyn({string})|dyn({double})|dyn({listS})|dyn({map})|dyn({uint})|dyn(null)|object.data|object.metadata.labels[{string}]|request.object.kind|[{dyn}, {dyn}][{int}]|oldObject`,
  pattern: `"a+"|"[a-z]+"|"^b"|"(x)?y*"|"("|"\\\\d+"|{string}`,
  key: `a|b|n|missing`,
  formatName: `"dns1123Label"|"uuid"|"qualifiedName"|"nothing"|"date"`,
  zone: `"UTC"|"+02:00"|"America/New_York"|"-08:30"|"Nowhere/Else"`,
  ipText: `"10.1.2.3"|"::1"|"::ffff:1.2.3.4"|"1.2.3"|"01.2.3.4"|"fe80::1%eth0"|"2001:db8::"|"0.0.0.0"|"FE80::1"|"224.0.0.1"|"169.254.1.1"`,
  cidrText: `"10.0.0.0/8"|"10.1.2.3/16"|"::/0"|"10.0.0.0/33"|"10.0.0.0"|"::ffff:1.2.3.4/24"|"2001:db8::1/64"|"010.0.0.0/8"`,
  urlText: `"https://u:p@example.com:8080/a/b?x=1#f"|"http://[::1]:80/"|"/relative?a=b"|"nothing"|"https://a b"|"http://h:port/"|""|"ftp://x/%zz"|"https://é.com/ü?q=%20+"|"mailto:x@y"`,
  qtyText: `"1Gi"|"1.5k"|"100m"|"-3"|"1e3"|"12E"|"0.1u"|"1.2.3"|"x"|"9223372036854775808"|"1Ki"|"1e-10"|""`,
  semverText: `"1.2.3"|"v1.2"|"1.0.0-alpha.1"|"01.2.3"|"1"|"1.2.3+x"|"a"|"1.2.3-01"|"V1.02.3"|"10.20.30-0a"`,
  timeText: `"2023-08-21T12:34:56+05:30"|"2024-02-30T00:00:00Z"|"2024-01-01"|"1969-12-31T23:59:59.999Z"|"x"|"2024-06-30T23:59:60Z"`,
  durText: `"1h"|"1.5h"|"-3m2s"|"100ns"|"1d"|""|"1us2ms"|"999999999h"|"3"`,
  intText: `"1"|"-5"|"0x10"|" 1"|"9223372036854775808"|"1.0"|""`,
  doubleText: `"1.5"|"NaN"|"inf"|"-Infinity"|"1e400"|"x"|"1_0"`,
  boolText: `"true"|"T"|"TRUE"|"0"|"yes"|"f"`,
} as const;

/** Alternatives by their types. */
const alternatives: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(productions).map(([type, text]) => [
    type,
    text.split(/(?<!\\)\|/).map((each) => each.trim().replaceAll("\\|", "|")),
  ]),
);

const placeholder = /\{(\w+)\}/;

/** Types that are written out for messages, with how; `z` is the value where it is asked for more than once. */
const shown: { readonly [type in ExpressionType]?: string } = {
  bool: "string(X)",
  int: "string(X)",
  uint: "string(X)",
  double: "string(X)",
  string: "X",
  bytes: "string(X)",
  listS: 'X.join("|")',
  listI: 'X.map(e, string(e)).join("|")',
  map: 'cel.bind(z, X, z.map(k, k).sort().map(k, k + "=" + string(z[k])).join("|"))',
  time: "string(X)",
  dur: "string(X)",
  qty: "string(X.asApproximateFloat())",
  ip: "string(X)",
  cidr: "string(X)",
  url: 'cel.bind(z, X, z.getScheme() + " " + z.getHost() + " " + z.getEscapedPath())',
  semver: 'cel.bind(z, X, string(z.major()) + "." + string(z.minor()) + "." + string(z.patch()))',
  optS: 'X.orValue("none")',
  optI: "string(X.orValue(-7))",
};

export const shownTypes = Object.keys(shown) as readonly ExpressionType[];

/** An expression of type string that tells the value of a random one. Of some a part is of another type than it should be, or misspelled. */
export function expressionText(tape: Tape): string {
  const type = tape.pick(shownTypes);
  const text = expression(tape, type, 3);
  const faulty = tape.oneIn(15) ? misspelled(tape, text) : text;
  return (shown[type] ?? "X").replace("X", () => `(${faulty})`);
}

/** Of the type, and no deeper than that many expressions in each other. */
export function expression(tape: Tape, type: ExpressionType, depth: number): string {
  const all = alternatives.get(type) ?? [];
  const leaves = all.filter((each) => !placeholder.test(each));
  let text = tape.pick(depth <= 0 && leaves.length > 0 ? leaves : all);
  for (let found = placeholder.exec(text); found !== null; found = placeholder.exec(text)) {
    const wanted = tape.oneIn(60) ? tape.pick(shownTypes) : (found[1] as ExpressionType);
    const inner = expression(tape, wanted, depth - 1);
    const isAtom = /^[\w."]*$/.test(inner) || !alternatives.get(wanted)?.some((each) => placeholder.test(each));
    // What was put in holds braces of its own.
    const put = (isAtom ? inner : `(${inner})`).replaceAll("{", "\u0001");
    text = text.slice(0, found.index) + put + text.slice(found.index + found[0].length);
  }
  return text.replaceAll("\u0001", "{");
}

/** A text with a letter less, a sign more, or another name. */
function misspelled(tape: Tape, text: string): string {
  const at = tape.below(text.length);
  return tape.choose([
    () => text.slice(0, at) + text.slice(at + 1),
    () =>
      `${text.slice(0, at)}${tape.pick([")", "(", ".", ",", "]", "#", "x", "'", "?", "{", " ", "\\", "&", "\u00e9"])}${text.slice(at)}`,
    () => text.replace(/\w+(?=\()/, "nothing"),
    () => text.replace(/\b(object|request|variables|namespaceObject)\b/, "unknown"),
    () => text.replace(/(?<=\()/, "1, "),
  ]);
}
