// Shows what events.sh sends: each event is the time, once a second.
const clock = document.querySelector("output");
new EventSource("cgi-bin/events.sh").onmessage = (event) => {
  clock.textContent = event.data;
};
