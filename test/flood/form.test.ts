import { describe, expect, test } from "vitest";
import { readPostForm } from "./form.ts";

const PAGE = `<form method="post" action="/logout"><button>Iziet</button></form>
<form action="/search"><input name="q"></form>
<form method="post" action="/app/prescriptions">
  <input type="hidden" name="token" value="a&amp;b&quot;c&#39;d">
  <input name="patient" value="">
  <input type="checkbox" name="paper" value="1"><input type="checkbox" name="signed" value="1" checked>
  <textarea name="note">ģ &lt; ķ</textarea>
  <select name="form"><option value="a">A</option><option value="b" selected>B</option></select>
</form>`;

describe("readPostForm", () => {
  test("finds the form that goes to a path, with the values a browser would send", () => {
    const form = readPostForm(PAGE, "/app/prescriptions");
    expect(Object.fromEntries(form?.fields ?? [])).toEqual({
      token: `a&b"c'd`,
      patient: "",
      signed: "1",
      note: "ģ < ķ",
      form: "b",
    });
  });

  test("is null where there is none, or only one that is not posted", () => {
    expect(readPostForm(PAGE, "/login/password")).toBeNull();
    expect(readPostForm(PAGE, "/search")).toBeNull();
  });
});
