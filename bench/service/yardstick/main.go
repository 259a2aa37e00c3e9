// Command yardstick answers like the liveness probe, by net/http alone: it shows what the machine gives.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
)

func main() {
	answer := func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(response).Encode(map[string]string{"status": "live"}); err != nil {
			log.Print(err)
		}
	}
	http.HandleFunc("/health/live", answer)
	http.HandleFunc("/health/ready", answer)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("HASTECRM_APP_PORT"), nil))
}
