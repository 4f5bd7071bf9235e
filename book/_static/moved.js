// The library was one page once. An address of that time, api.html#sl1lib.fast.conv2d or api.html#api-course, leads on to
// the page that has the name now; `book/_ext/sl1api.py` writes which page that is beside the list of pages.

(() => {
  const pages = JSON.parse(document.getElementById("sl1-moved").textContent);
  const name = decodeURIComponent(location.hash.slice(1));
  const fits = Object.keys(pages).filter((start) => name === start || name.startsWith(`${start}.`));
  const longest = fits.sort((a, b) => b.length - a.length)[0];
  if (longest) location.replace(pages[longest] + location.hash);
})();
