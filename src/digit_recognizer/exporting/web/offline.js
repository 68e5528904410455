// The service worker: all files of the page are kept at the first visit, and come from there ever after.
/* global EXPORTED */
importScripts("files.js");
const KEPT = `digit-recognizer-${EXPORTED.version}`;

self.addEventListener("install", (event) =>
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(["./", ...EXPORTED.files])).then(() => self.skipWaiting())));

self.addEventListener("activate", (event) =>
  event.waitUntil(dropOthers().then(() => self.clients.claim())));

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("digit-recognizer-") && name !== KEPT).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) =>
  event.respondWith(caches.open(KEPT).then((cache) => cache.match(event.request)).then((kept) => kept ?? fetch(event.request))));
