// What the load test sends, as k6 reads it.
import http from "k6/http";

export const options = {
  scenarios: {
    baseline: { executor: "constant-vus", vus: 10, duration: "5m" },
    peak: { executor: "constant-vus", vus: 100, duration: "60m", startTime: "5m" },
    stress: { executor: "ramping-vus", startVUs: 0, stages: [{ duration: "15m", target: 400 }], startTime: "65m" },
    spike: { executor: "constant-vus", vus: 800, duration: "1m", startTime: "80m" },
    endurance: { executor: "constant-vus", vus: 60, duration: "8h", startTime: "81m" },
  },
  thresholds: { http_req_duration: ["p(95)<5000"], http_req_failed: ["rate<0.02"] },
};

export default function () {
  http.get(`${__ENV.TARGET}/api/templates`);
}
