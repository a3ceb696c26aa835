// What the keyword `format` stands for, as patterns: the common forms, which every validator takes, and not all that the RFCs allow.

export interface StringFormat {
  /** The common form, which is written. It matches a text as a whole. */
  readonly plain: string;
  /** What is written where that would be too long: a form that says nothing of lengths. */
  readonly endless?: string;
  /** What the format allows, as far as that is short to say: a pattern whose texts are all among these says all that the format says. */
  readonly all: string;
  /** Of texts of so many characters at most. */
  readonly upTo?: number;
}

const form = (plain: string, all = plain): StringFormat => ({ plain, all });

const year = "\\d{4}";
const month = "(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8])";
const leapYear = "(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
const date = `(${year}-(${month})|${leapYear}-02-29)`;
const timeOf = (digits: string): string => `([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d${digits})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)`;
const time = timeOf("{1,6}");
/** With `most` letters in the middle at most. */
const label = (most: number): string => `[A-Za-z0-9]([A-Za-z0-9-]{0,${most}}[A-Za-z0-9])?`;
const hostname = `${label(18)}(\\.${label(14)}){0,3}`;
const anyLabel = "[A-Za-z0-9]+(-[A-Za-z0-9]+)*";
const host: StringFormat = {
  plain: hostname,
  endless: `${anyLabel}(\\.[A-Za-z0-9]+)*`,
  all: `${label(61)}(\\.${label(61)})*`,
  upTo: 253,
};
const byte = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = `${byte}(\\.${byte}){3}`;
const email: StringFormat = {
  plain: `[A-Za-z0-9_+-]{1,12}(\\.[A-Za-z0-9_+-]{1,12}){0,2}@${label(14)}(\\.${label(10)}){0,2}\\.[A-Za-z]{2,6}`,
  endless: `[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*@${anyLabel}(\\.[A-Za-z]{2,})+`,
  // Of a name 64 letters may stand before the @, and of a label of a host 63.
  all: `[A-Za-z0-9!#$%&'*+/=?^_\`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_\`{|}~-]+)*@${host.all}`,
  upTo: 66,
};

const durationOf = (n: string): string => {
  const clock = `T(${n}S|${n}M(${n}S)?|${n}H(${n}M(${n}S)?)?)`;
  return `P(${n}W|${n}D(${clock})?|${clock})`;
};

/** Groups of an IPv6 address, one gap of any width among them. */
const ipv6 = (() => {
  const h = "[0-9a-fA-F]{1,4}";
  const groups = (most: number): string => (most === 0 ? "" : `(${h}(:${h}){0,${most - 1}})?`);
  const withGap = Array.from({ length: 8 }, (_, i) => `${i === 0 ? "" : `${h}(:${h}){${i - 1}}`}::${groups(7 - i)}`);
  return [`${h}(:${h}){7}`, ...withGap].join("|");
})();
const hex = "[0-9a-fA-F]";

const path = "(/[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?(\\?[A-Za-z0-9._~=&+-]*)?";
const uriOf = (host: string): string => `https?://${host}(:[1-9]\\d{0,3})?${path}`;
const uri = uriOf(hostname);
const link: StringFormat = { ...form(uri), endless: uriOf(`${anyLabel}(\\.[A-Za-z]{2,})+`) };
const pointer = "(/([A-Za-z0-9_.-]|~[01])*)*";

const base64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?";
const base64url = "([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?";
/** What says of a token that it is signed with HS256, RS256 or ES256. */
const jwtHead = "(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9|eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9|eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9)";
const part = "[A-Za-z0-9_-]";

const uuid = (version: string, variant = version): string => `${hex}{8}-${hex}{4}-${version}${hex}{3}-${variant}${hex}{3}-${hex}{12}`;

export const stringFormats: ReadonlyMap<string, StringFormat> = new Map([
  ["date", form(date)],
  ["time", form(time, timeOf("+"))],
  ["date-time", form(`${date}T${time}`, `${date}T${timeOf("+")}`)],
  ["duration", form(durationOf("\\d{1,6}"), durationOf("\\d+"))],
  ["uuid", form(uuid(hex).replaceAll("A-F", ""), uuid(hex))],
  ...[1, 3, 4, 5, 6, 7, 8].map((n): [string, StringFormat] => [`uuid${n}`, form(uuid(String(n), "[89ab]").replaceAll("A-F", ""))]),
  ["email", email],
  ["idn-email", email],
  ["hostname", host],
  ["idn-hostname", host],
  ["ipv4", form(ipv4)],
  ["ipv6", form("[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}", ipv6)],
  ["ipvanyaddress", form(ipv4, `${ipv4}|${ipv6}`)],
  ["uri", link],
  ["url", link],
  ["iri", link],
  ["uri-reference", form(`${uri}|/[A-Za-z0-9._~-][A-Za-z0-9._~/-]*`)],
  ["iri-reference", form(`${uri}|/[A-Za-z0-9._~-][A-Za-z0-9._~/-]*`)],
  ["json-pointer", form(pointer)],
  ["relative-json-pointer", form(`(0|[1-9]\\d{0,3})(#|${pointer})`)],
  ["base64", form(base64)],
  ["byte", form(base64)],
  ["base64url", form(base64url, `${base64url}={0,2}`)],
  ["jwt", form(`${jwtHead}\\.${part}+\\.${part}+`, `${part}+\\.${part}+\\.${part}+`)],
]);

/** Said about a text that may be any. */
export const freeFormats: ReadonlySet<string> = new Set(["binary", "password", "path", "file-path", "directory-path"]);

/** Formats with a meaning of their own that is not known here; any other name stands for the pattern beside it. */
export const unknownFormats: ReadonlySet<string> = new Set(["regex", "uri-template", "json-string"]);
