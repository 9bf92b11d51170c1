# Short names; each calls one script in script/.
.PHONY: setup build run test bench lint format check
setup:  ; @script/setup
build: setup
	@script/build --release
run:    ; @script/run
test:   ; @script/test
bench: build
	@script/bench
lint:   ; @script/lint
format: ; @script/format
check:  ; @script/check
