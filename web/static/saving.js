// Takes an answer along: as a picture, as a file, or as a call to copy.

import { drawn } from "./drawing.js";
import { answers } from "./photos.js";

const answer = document.querySelector("#answer");
const form = document.querySelector("#ask");
const plain = /^[\w.-]+$/;

answer.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-save]");
  if (!button) return;
  const result = JSON.parse(answer.querySelector("[data-answer]").dataset.answer);
  if (button.dataset.save === "picture") {
    save(await drawn(answer.querySelector(".drawing")), `${result.photo.replace(/\.\w+$/, "")}-answer.jpg`);
    return;
  }
  await copy({ curl, python, json: readable }[button.dataset.save](result));
  answer.querySelector(".said").textContent = form.dataset.copied;
});

for (const button of document.querySelectorAll("#photos [data-save]"))
  button.addEventListener("click", () => {
    const kind = button.dataset.save;
    const text = kind === "csv" ? csv(answers()) : readable(answers());
    save(new Blob([text], { type: kind === "csv" ? "text/csv" : "application/json" }), `answers.${kind}`);
  });

function save(file, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text }); // by http from another machine
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  focused.focus();
}

const readable = (value) => `${JSON.stringify(value, null, 2)}\n`;
const endpoint = () => new URL("api/predict", form.action).href;
const several = () => Boolean(form.querySelector("#model"));

function curl({ photo, model }) {
  const quoted = (text) => (plain.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const file = plain.test(photo) ? `photo=@${photo}` : `photo=@"${photo.replace(/["\\]/g, "\\$&")}"`;
  const parts = ["curl", "-F", /^[\w.=@-]+$/.test(file) ? file : quoted(file)];
  if (several()) parts.push("-F", `model=${quoted(model)}`);
  return [...parts, endpoint(), "\n"].join(" ").replace(" \n", "\n");
}

function python({ photo, model }) {
  const data = several() ? `, data={"model": ${JSON.stringify(model)}}` : "";
  return `import httpx

with open(${JSON.stringify(photo)}, "rb") as photo:
    response = httpx.post("${endpoint()}", files={"photo": photo}${data})
print(response.raise_for_status().json())
`;
}

// A line a face, or a photo; the columns of labels hold their probabilities.
function csv(answers) {
  const told = answers.flatMap((each) => (each.faces?.length ? each.faces.map((face) => ({ ...each, ...face })) : [each]));
  const labels = [...new Set(told.flatMap((row) => Object.keys(row.probabilities ?? {})))];
  const lines = told.map((row) => [
    ...[row.photo, row.label, row.sure, ...(row.box ?? ["", "", "", ""])],
    ...labels.map((label) => row.probabilities?.[label]),
    ...[row.model, row.problem],
  ]);
  const head = ["photo", "label", "sure", "left", "top", "right", "bottom", ...labels, "model", "problem"];
  return [head, ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

function cell(value) {
  let text = String(value ?? "");
  if (typeof value === "string") text = text.replace(/^[=+\-@\t\r]/, "'$&"); // else a spreadsheet would run it as a formula
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
