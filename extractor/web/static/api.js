// Calls of the API. Notes travel in bodies only; the token in a header only, and it is kept for this tab only.

const TOKEN = "tpi-token";

export class ApiError extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  sessionStorage.setItem(TOKEN, given);
  history.replaceState(null, "", location.pathname);
}

export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);

async function call(path, options = {}) {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ status: 0, title: "The server does not answer.", detail: "The server does not answer. Is “tpi serve” still running?" });
  }
  const body = await response.json();
  if (!response.ok) throw new ApiError(body);
  return body;
}

const post = (path, body, signal) =>
  call(path, { method: "POST", signal, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

export const extract = (body, signal) => post("/v1/extract?full=true", body, signal);
export const decide = (body, signal) => post("/v1/decide?full=true", body, signal);
export const lookUp = (form) => call(`/v1/lexicon/${encodeURIComponent(form)}`);
export const health = () => call("/healthz");
export const samples = () => call("/v1/samples");
export const muscles = () => call("/v1/muscles");
export const policies = (day) => call(day ? `/v1/policies?date=${day}` : "/v1/policies");

export const convert = (file) =>
  call("/v1/convert", { method: "POST", body: file, headers: { "Content-Type": file.type || "application/octet-stream" } });
