module hastecrm.io/bench/yardstick

go 1.26
