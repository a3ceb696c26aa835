// What the keyword `format` stands for, as patterns: the common forms, which every validator takes, and not all that the RFCs allow.

const year = "\\d{4}";
const month = "(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8])";
const leapYear = "(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
const date = `(${year}-(${month})|${leapYear}-02-29)`;
const time = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";
const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?";
const hostname = `${label}(\\.${label}){0,8}`;
const byte = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const word = "[A-Za-z0-9_+-]{1,12}"; // five of them, and four points, are the 64 letters that may stand before the @

const n = "\\d{1,6}";
const clock = `T(${n}S|${n}M(${n}S)?|${n}H(${n}M(${n}S)?)?)`;

/** Each matches a text as a whole. */
export const stringFormats: ReadonlyMap<string, string> = new Map([
  ["date", date],
  ["time", time],
  ["date-time", `${date}T${time}`],
  ["duration", `P(${n}W|${n}D(${clock})?|${clock})`],
  ["uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"],
  ["email", `${word}(\\.${word}){0,4}@${label}(\\.${label}){0,3}\\.[A-Za-z]{2,10}`],
  ["hostname", hostname],
  ["ipv4", `${byte}(\\.${byte}){3}`],
  ["ipv6", "[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}"],
  ["uri", `https?://${hostname}(:[1-9]\\d{0,3})?(/[A-Za-z0-9._~!$&'()*+,;=:@-]*)*(\\?[A-Za-z0-9._~=&+-]*)?`],
]);
